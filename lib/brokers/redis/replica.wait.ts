import type { RedisConnection } from './redis.connection.js';
import { unavailable } from './redis.errors.js';

/** How many replicas must have a message. */
export interface ReplicaDemand {
  readonly count: number;
  /** Milliseconds. */
  readonly timeout: number;
}

/** Waits until replicas have everything written over a connection. One `WAIT` at a time serves all writes. */
export class ReplicaWait {
  private running: Promise<void> | undefined;
  private next: Promise<void> | undefined;

  constructor(
    private readonly connection: RedisConnection,
    private readonly demand: ReplicaDemand,
  ) {}

  /** Covers everything sent in this turn so far. @throws BrokerUnavailableException (as a rejection) */
  confirm(): Promise<void> {
    this.next ??= (this.running ?? Promise.resolve()).then(
      () => this.begin(),
      () => this.begin(),
    );
    return this.next;
  }

  private begin(): Promise<void> {
    this.next = undefined;
    this.running = this.wait();
    return this.running;
  }

  private async wait(): Promise<void> {
    const { count, timeout } = this.demand;
    const copies = Number(await this.connection.call('wait', count, timeout));
    if (copies >= count) return;
    throw unavailable(`${copies} of ${count} replicas have it after ${timeout} ms`, 'unknown');
  }
}
