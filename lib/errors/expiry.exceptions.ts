import { inspect } from 'node:util';
import { isDate, isPromise } from 'node:util/types';
import { Kin } from './kin.exception.js';

/** An end of authentication that is no time. A handshake with it is refused with 500. */
@Kin('InvalidExpiryException')
export class InvalidExpiryException extends RangeError {
  /** @internal @param where What gave the value: an option of a route, or the property. */
  constructor(where: string, value: unknown) {
    super(
      `${where} is ${shown(value)}, which is no time. Use a valid Date, milliseconds since 1970, or undefined for never.`,
    );
    this.name = InvalidExpiryException.name;
  }
}

/** Nothing of what an object holds: it may be the user, or the token. */
function shown(value: unknown): string {
  if (isPromise(value)) return 'a promise';
  if (typeof value === 'object' && value !== null && !isDate(value)) return 'an object';
  return inspect(value, { maxStringLength: 40 });
}
