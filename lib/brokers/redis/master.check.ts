import { OncePerTurn } from '../once.per.turn.js';
import type { RedisConnection } from './redis.connection.js';
import { isNotAllowed, unavailable } from './redis.errors.js';

/**
 * Sees a server that a failover has made a replica. It refuses what is written, but takes `PUBLISH`, and tells nobody
 * on the new master of it. It is asked once for all that is published in one turn of the event loop.
 */
export class MasterCheck {
  private readonly looks = new OncePerTurn(() => this.look());
  private isAllowed = true;

  constructor(
    private readonly connection: RedisConnection,
    /** As errors name it. */
    private readonly server: string,
  ) {}

  /** Of all that was published in this turn so far. @throws BrokerUnavailableException (as a rejection) where it is a replica */
  confirm(): Promise<void> {
    return this.looks.done();
  }

  /** @throws BrokerUnavailableException (as a rejection) where it is a replica */
  async look(): Promise<void> {
    if (!this.isAllowed) return;
    try {
      const answer = await this.connection.call('role');
      const role: unknown = Array.isArray(answer) ? answer[0] : undefined;
      if (!Buffer.isBuffer(role) || role.toString() !== 'slave') return;
    } catch (error) {
      if (!isNotAllowed(error))
        throw unavailable('the link broke before the answer came', 'unknown', error);
      // Nobody can be asked: what is written shows it still.
      this.isAllowed = false;
      return;
    }
    this.connection.reset();
    throw unavailable(`${this.server} is a replica since a failover`, 'unknown');
  }
}
