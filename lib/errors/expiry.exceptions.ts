import { inspect } from 'node:util';
import { isDate, isPromise } from 'node:util/types';
import { Kin } from './kin.exception.js';

/** The authentication's end is not a valid time. The handshake is refused with 500. */
@Kin('InvalidExpiryException')
export class InvalidExpiryException extends RangeError {
  /** @internal @param where The source of the value: an option of a route, or the property. */
  constructor(where: string, value: unknown) {
    super(
      `${where} is ${shown(value)}, which is not a valid time. Use a Date, milliseconds since 1970, or undefined for never.`,
    );
    this.name = InvalidExpiryException.name;
  }
}

/** Shows nothing from inside an object: it may be the user, or the token. */
function shown(value: unknown): string {
  if (isPromise(value)) return 'a promise';
  if (typeof value === 'object' && value !== null && !isDate(value)) return 'an object';
  return inspect(value, { maxStringLength: 40 });
}
