import { isDate } from 'node:util/types';
import type { CloseFrame } from '../close/close.frame.js';
import { InvalidExpiryException } from '../errors/expiry.exceptions.js';
import { discardPromise } from '../values/thenable.js';

/** Before the 101, the client gets 401 with the same message. */
export const AUTHENTICATION_EXPIRED: CloseFrame = { code: 4401, reason: 'Authentication expired' };

/** A time that an application may give: a date, or milliseconds since 1970; `undefined` for never. */
export type ExpiryTime = Date | number | undefined;

/** The longest delay that Node's timers support; a longer one would fire at once. */
const MAX_DELAY = 2 ** 31 - 1;

/** The maximum distance from 1970, in ms, that a date can hold (ECMA-262, section 21.4.1.1). */
const MAX_TIME = 8.64e15;

/** @param where Names the source of the value. @throws InvalidExpiryException */
export function expiryTimeOf(value: unknown, where = 'connection.expiresAt'): number | undefined {
  if (value === undefined) return undefined;
  const time: unknown = isDate(value) ? value.getTime() : value;
  if (typeof time === 'number' && Math.abs(time) <= MAX_TIME) return time;
  discardPromise(value);
  throw new InvalidExpiryException(where, value);
}

/** The end of one connection's authentication, by the clock, however far away it is. */
export class Expiry {
  /** Milliseconds since 1970. */
  private time: number | undefined;
  private timer: NodeJS.Timeout | undefined;
  private isRunning = false;

  /** @param onExpired Called once for each time that is set, when it is reached. */
  constructor(private readonly onExpired: () => void) {}

  get date(): Date | undefined {
    return this.time === undefined ? undefined : new Date(this.time);
  }

  get hasPassed(): boolean {
    return this.time !== undefined && this.time <= Date.now();
  }

  /** @throws InvalidExpiryException The previous time stays in force. */
  set(value: unknown): void {
    this.time = expiryTimeOf(value);
    if (this.isRunning) this.look();
  }

  /** Call {@link stop} afterwards. */
  start(): void {
    this.isRunning = true;
    this.look();
  }

  stop(): void {
    this.isRunning = false;
    clearTimeout(this.timer);
  }

  private readonly look = (): void => {
    clearTimeout(this.timer);
    if (this.time === undefined) return;
    const left = this.time - Date.now();
    if (left > 0) this.timer = setTimeout(this.look, Math.min(left, MAX_DELAY));
    else this.onExpired();
  };
}
