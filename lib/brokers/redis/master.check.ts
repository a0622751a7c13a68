import { SharedQuestion } from '../shared.question.js';
import type { RedisConnection } from './redis.connection.js';
import { isNotAllowed, unavailable } from './redis.errors.js';

/**
 * Detects a server that a failover has turned into a replica. It refuses writes, but accepts `PUBLISH` and does not
 * pass it on to the new master. It is asked after the first broadcast of a turn of the event loop, and once for the rest.
 */
export class MasterCheck {
  private readonly looks = new SharedQuestion(() => this.look());
  private isAllowed = true;

  constructor(
    private readonly connection: RedisConnection,
    /** The name in errors. */
    private readonly server: string,
  ) {}

  /** Checks everything published so far. @throws BrokerUnavailableException (as a rejection) if it is a replica */
  confirm(): Promise<void> {
    return this.looks.answer();
  }

  /** @throws BrokerUnavailableException (as a rejection) if it is a replica */
  async look(): Promise<void> {
    if (!this.isAllowed) return;
    try {
      const answer = await this.connection.call('role');
      const role: unknown = Array.isArray(answer) ? answer[0] : undefined;
      if (!Buffer.isBuffer(role) || role.toString() !== 'slave') return;
    } catch (error) {
      if (!isNotAllowed(error))
        throw unavailable('the link broke before the answer came', 'unknown', error);
      // The user may not ask: writes still show it.
      this.isAllowed = false;
      return;
    }
    this.connection.reset();
    throw unavailable(`${this.server} is a replica since a failover`, 'unknown');
  }
}
