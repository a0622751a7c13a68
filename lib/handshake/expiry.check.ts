import { UnauthorizedException } from '@nestjs/common';
import type { Connection } from '../connection/connection.js';
import { AUTHENTICATION_EXPIRED, expiryTimeOf } from '../connection/expiry.js';
import type { ThrottledLog } from '../log/throttled.log.js';
import type { ExpiryReader } from '../options/revali-ws.options.js';

/** Up to this value, milliseconds are still in 1970, and seconds last until 2286. */
const LARGEST_SECONDS = 1e10;

/** Asks a route when the authentication of a handshake ends. */
export class ExpiryCheck {
  /** @param log Receives values that look like a mistake of the application. */
  constructor(
    private readonly where: string,
    private readonly read: ExpiryReader | undefined,
    private readonly log: ThrottledLog,
  ) {}

  /**
   * Call it after the guards, which may have set a time of their own.
   *
   * @throws InvalidExpiryException
   * @throws UnauthorizedException if the time has passed.
   */
  pass(connection: Connection): void {
    const value: unknown = this.read?.(connection.request);
    if (value !== undefined)
      connection.expiresAt = expiryTimeOf(
        value,
        `${this.where}: the value of the option "expires"`,
      );
    if (!connection.expiry?.hasPassed) return;
    if (typeof value === 'number' && value > 0 && value < LARGEST_SECONDS)
      this.log.add(
        () =>
          `${this.where}: the option "expires" returned ${value}, a time in 1970. If these are seconds, as in the ` +
          'exp of a JWT, multiply them by 1000.',
      );
    throw new UnauthorizedException(AUTHENTICATION_EXPIRED.reason);
  }
}
