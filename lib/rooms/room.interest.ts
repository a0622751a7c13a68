import type { BrokerLink, RoomFilter, RoomKey } from '../brokers/room.broker.js';
import { within } from './within.js';

/** Names in one command. */
const BATCH = 512;
/** Milliseconds until rooms with members retry a failed subscription. */
const RETRY_DELAY = 1_000;

/** Waits for the broker's answer. */
export interface Waiter {
  readonly promise: Promise<void>;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * `outdated`: subscribing, but what the broker is about to confirm is already lost. `gone`: the subscription failed or
 * ended, and the entry will not be used again.
 */
export type InterestState = 'idle' | 'subscribing' | 'outdated' | 'live' | 'leaving' | 'gone';

/** The state of each room that somebody wants. */
export interface InterestEntry {
  readonly key: RoomKey;
  state: InterestState;
  holders: number;
  waiter: Waiter | undefined;
}

export interface InterestParts {
  readonly link: () => Promise<BrokerLink>;
  /** Whether commands for a room can succeed. `renew()` is called when they can again. */
  readonly isReady: (room: RoomKey) => boolean;
  /** Milliseconds that a room without holders stays subscribed. */
  readonly leaveDelay: number;
  /** Milliseconds that the broker may take for a command. */
  readonly timeout: number;
  /** All entries that are not gone. */
  readonly entries: () => Iterable<InterestEntry>;
  /** Rooms that the broker has just confirmed, before waiters are told. */
  readonly onSubscribed: (rooms: readonly RoomKey[]) => Promise<void> | undefined;
  /** The room gets no more messages. */
  readonly onGone: (room: RoomKey) => void;
  readonly onFailedLeave: (error: unknown) => void;
}

/**
 * Decides which rooms are subscribed: from the first holder until some time after the last one leaves. Each decision
 * counts the holders at the time the broker answers.
 */
export class RoomInterest {
  private readonly leaving = new Map<InterestEntry, number>();
  private wanted: InterestEntry[] = [];
  private subscribing: Promise<void> | undefined;
  private isClosed = false;
  private timer: NodeJS.Timeout | undefined;
  private retry: NodeJS.Timeout | undefined;

  constructor(private readonly parts: InterestParts) {}

  /** @returns When packets of the room arrive; `undefined` if they already do. */
  hold(entry: InterestEntry): Promise<void> | undefined {
    entry.holders += 1;
    this.leaving.delete(entry);
    if (entry.state === 'live') return undefined;
    const waiter = (entry.waiter ??= newWaiter());
    if (entry.state === 'idle' && this.parts.isReady(entry.key)) this.want(entry);
    return waiter.promise;
  }

  drop(entry: InterestEntry): void {
    entry.holders -= 1;
    if (entry.holders > 0) return;
    if (entry.state === 'idle' || entry.state === 'live') this.leaveLater(entry);
  }

  /**
   * Restores lost subscriptions, starting with the rooms that have most holders.
   *
   * @returns When the broker has been asked for all of them. Never rejects.
   */
  async renew(rooms: RoomFilter | undefined): Promise<void> {
    const all = [...this.parts.entries()].filter(({ key }) => !rooms || rooms(key));
    const lost = all.filter(({ state }) => state === 'live' || state === 'idle');
    for (const entry of all) if (entry.state === 'subscribing') entry.state = 'outdated';
    lost.sort((one, other) => other.holders - one.holders);
    for (const entry of lost) {
      if (entry.holders > 0) this.want(entry);
      else this.forget(entry);
    }
    await this.subscribing;
  }

  close(): void {
    clearTimeout(this.timer);
    clearTimeout(this.retry);
    this.timer = undefined;
    this.retry = undefined;
    this.isClosed = true;
    this.wanted = [];
    for (const entry of this.parts.entries()) this.forget(entry);
  }

  private forget(entry: InterestEntry): void {
    this.leaving.delete(entry);
    entry.state = 'gone';
    this.refuse(entry, new Error('nobody wants the room any more'));
    this.parts.onGone(entry.key);
  }

  private want(entry: InterestEntry): void {
    if (this.isClosed) {
      this.forget(entry);
      return;
    }
    entry.state = 'subscribing';
    this.wanted.push(entry);
    // All requests of one turn go together.
    this.subscribing ??= Promise.resolve().then(() => this.subscribeAll());
  }

  private async subscribeAll(): Promise<void> {
    while (this.wanted.length > 0) {
      const batch = this.nextBatch();
      // oxlint-disable-next-line no-await-in-loop -- one command runs at a time
      await this.subscribe(batch);
    }
    this.subscribing = undefined;
  }

  private async subscribe(batch: readonly InterestEntry[]): Promise<void> {
    const keys = batch.map(({ key }) => key);
    let link: BrokerLink | undefined;
    try {
      link = await this.bounded(this.parts.link());
      if (this.isClosed) return;
      await this.bounded(this.confirm(link, keys));
      for (const entry of batch) this.onConfirmed(entry);
    } catch (error) {
      this.onFailed(batch, error, link !== undefined);
    }
  }

  private async confirm(link: BrokerLink, keys: readonly RoomKey[]): Promise<void> {
    await link.subscribe(keys);
    await this.parts.onSubscribed(keys);
  }

  /** Skips entries that are gone meanwhile. */
  private nextBatch(): InterestEntry[] {
    const batch = this.wanted.splice(0, BATCH).filter(({ state }) => state !== 'gone');
    for (const entry of batch) entry.state = 'subscribing';
    return batch;
  }

  /** A command without an answer must not hold up others. */
  private bounded<T>(work: Promise<T>): Promise<T> {
    const { timeout } = this.parts;
    return within(work, timeout, () => new Error(`no answer within ${timeout} ms`));
  }

  private onConfirmed(entry: InterestEntry): void {
    if (entry.state === 'outdated') {
      this.want(entry);
      return;
    }
    if (entry.state !== 'subscribing') return;
    entry.state = 'live';
    entry.waiter?.resolve();
    entry.waiter = undefined;
    if (entry.holders === 0) this.leaveLater(entry);
  }

  /**
   * Handles a failed subscription. A lost or missing link may still come in time for the waiters.
   *
   * @param isConnected Whether there is a link at all.
   */
  private onFailed(batch: readonly InterestEntry[], error: unknown, isConnected: boolean): void {
    const isLost = ({ key }: InterestEntry): boolean => !this.parts.isReady(key);
    // With several servers, one may have failed the command for all.
    const mayBeOthers = batch.some(isLost);
    for (const entry of batch) {
      const { state, holders } = entry;
      if (state !== 'subscribing' && state !== 'outdated') continue;
      entry.state = 'idle';
      if (holders === 0) this.giveUp(entry, error);
      else if (isLost(entry)) continue;
      else if (state === 'outdated' || mayBeOthers) this.want(entry);
      else {
        if (isConnected) this.refuse(entry, error);
        this.retryLater();
      }
    }
  }

  /** The broker may have accepted the subscription anyway. */
  private giveUp(entry: InterestEntry, error: unknown): void {
    this.refuse(entry, error);
    this.leaveLater(entry);
  }

  private refuse(entry: InterestEntry, error: unknown): void {
    entry.waiter?.reject(error);
    entry.waiter = undefined;
  }

  /** Members and waiters still want the room. */
  private retryLater(): void {
    if (this.isClosed) return;
    this.retry ??= setTimeout(() => {
      this.retry = undefined;
      for (const entry of this.parts.entries())
        if (entry.state === 'idle' && entry.holders > 0 && this.parts.isReady(entry.key))
          this.want(entry);
    }, RETRY_DELAY).unref();
  }

  private leaveLater(entry: InterestEntry): void {
    this.leaving.set(entry, Date.now() + this.parts.leaveDelay);
    this.schedule();
  }

  private schedule(): void {
    if (this.timer || this.isClosed) return;
    this.timer = setTimeout(() => {
      this.timer = undefined;
      void this.leave();
    }, this.parts.leaveDelay);
    this.timer.unref();
  }

  private async leave(): Promise<void> {
    const now = Date.now();
    const due = [...this.leaving].filter(([, time]) => time <= now).map(([entry]) => entry);
    for (const entry of due) {
      this.leaving.delete(entry);
      entry.state = 'leaving';
    }
    if (this.leaving.size > 0) this.schedule();
    if (due.length === 0) return;
    // A lost link takes the subscription with it.
    const keys = due.map(({ key }) => key).filter((key) => this.parts.isReady(key));
    try {
      const link = await this.bounded(this.parts.link());
      for (let start = 0; start < keys.length; start += BATCH)
        // oxlint-disable-next-line no-await-in-loop -- one command runs at a time
        await this.bounded(link.unsubscribe(keys.slice(start, start + BATCH)));
    } catch (error) {
      this.parts.onFailedLeave(error);
    }
    for (const entry of due) this.afterLeaving(entry);
  }

  /** Somebody may have wanted the room again meanwhile. */
  private afterLeaving(entry: InterestEntry): void {
    if (entry.state !== 'leaving') return;
    if (entry.holders > 0) this.want(entry);
    else this.forget(entry);
  }
}

function newWaiter(): Waiter {
  let resolve = (): void => undefined;
  let reject: Waiter['reject'] = () => undefined;
  const promise = new Promise<void>((onDone, onFailed) => {
    resolve = onDone;
    reject = onFailed;
  });
  // Waiters may have given up earlier.
  promise.catch(() => undefined);
  return { promise, resolve, reject };
}
