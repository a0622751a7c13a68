import type { PresenceStore, RoomKey } from '../brokers/room.broker.js';
import { COUNT_INTERVAL, NodeCounts } from './node.counts.js';
import { NodeLease } from './node.lease.js';
import { NodeMembers } from './node.members.js';
import { writePresence, type OwnChange } from './presence.order.js';

/** Changes in one write. */
const BATCH = 512;
/** Milliseconds until a failed write is retried. */
const RETRY_DELAY = 1_000;

export interface WriterParts {
  readonly node: string;
  /** Milliseconds. */
  readonly nodeLease: number;
  isReady(): boolean;
  /** Calls the store, with a time limit. */
  ask<T>(call: (store: PresenceStore) => Promise<T>): Promise<T>;
  /** Notifies the watchers of a room. */
  publish(room: RoomKey, order: string): Promise<unknown>;
  onFailed(error: unknown): void;
}

/** Writes this application's members, once a turn, and tells others when they are written. */
export class PresenceWriter {
  readonly members = new NodeMembers();
  readonly counts = new NodeCounts();
  /** Changes that the store has accepted. */
  writes = 0;
  private readonly lease: NodeLease;
  private hasWritten = false;
  private isClosed = false;
  private scheduled: NodeJS.Immediate | undefined;
  private timer: NodeJS.Timeout | undefined;
  private flushing: Promise<void> | undefined;

  constructor(private readonly parts: WriterParts) {
    const { node, nodeLease } = parts;
    this.lease = new NodeLease({
      ms: nodeLease,
      isReady: () => parts.isReady(),
      renew: () => parts.ask((store) => store.renew(node, nodeLease)),
      onExpired: () => this.onExpired(),
      onFailed: (error) => parts.onFailed(error),
    });
  }

  /** Changes are written when the turn is over. */
  schedule(): void {
    if (this.isClosed) return;
    this.scheduled ??= setImmediate(() => void this.flush());
  }

  /** The store may have lost this node. @returns When it is written, as far as the store accepts it. */
  writeAll(): Promise<void> {
    this.lease.doubt();
    this.members.markAll();
    this.counts.markAll();
    return this.flush();
  }

  /** Resolves when all changes so far are written, or have failed. */
  async flush(): Promise<void> {
    clearImmediate(this.scheduled);
    this.scheduled = undefined;
    // Changes made since the running flush began may be left over.
    while (this.flushing) {
      // oxlint-disable-next-line no-await-in-loop -- another may have begun
      await this.flushing;
    }
    if (this.isClosed || !this.parts.isReady()) return;
    this.flushing = this.writeSome().finally(() => (this.flushing = undefined));
    await this.flushing;
  }

  /** Tells all others that this application's members are gone. @throws Errors of the store. */
  async leave(): Promise<void> {
    if (this.isClosed) return;
    this.close();
    await this.flushing;
    if (!this.hasWritten || !this.parts.isReady()) return;
    await this.parts.ask((store) => store.leave(this.parts.node));
  }

  close(): void {
    this.isClosed = true;
    clearImmediate(this.scheduled);
    clearTimeout(this.timer);
    this.lease.drop();
    this.members.clear();
    this.counts.clear();
  }

  /** The data already written went with the old lease. */
  private onExpired(): void {
    this.members.markAll();
    this.counts.markAll();
    this.schedule();
  }

  private async writeSome(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    try {
      await this.writeMembers();
      await this.writeCounts();
      if (!this.counts.isSettled) this.flushLater(COUNT_INTERVAL);
      if (this.members.isEmpty && this.counts.isEmpty) this.lease.drop();
    } catch (error) {
      this.parts.onFailed(error);
      if (this.parts.isReady()) this.flushLater(RETRY_DELAY);
    }
  }

  private async writeMembers(): Promise<void> {
    while (this.members.isDirty && this.mayGoOn) {
      const changes = this.members.take(BATCH);
      if (changes.length === 0) return;
      try {
        // oxlint-disable-next-line no-await-in-loop -- one batch runs at a time
        await this.write(changes);
      } catch (error) {
        if (!this.isClosed) this.members.giveBack(changes);
        throw error;
      }
      this.members.settle(changes);
    }
  }

  /** Written before it is announced: a snapshot read after an announcement includes it. */
  private async write(changes: readonly OwnChange[]): Promise<void> {
    const { node } = this.parts;
    await this.beginWrite();
    await this.parts.ask((store) => store.write(node, changes));
    this.writes += changes.length;
    const orders = writePresence(node, changes);
    await Promise.all(orders.map(([room, order]) => this.parts.publish(room, order)));
  }

  private async writeCounts(): Promise<void> {
    const { node } = this.parts;
    while (this.mayGoOn) {
      const due = this.counts.take(BATCH);
      if (due.length === 0) return;
      const write = ([room, connections]: (typeof due)[number]): Promise<void> =>
        this.parts.ask((store) => store.writeCount(node, room, connections));
      try {
        // oxlint-disable-next-line no-await-in-loop -- one batch runs at a time
        await this.beginWrite();
        // oxlint-disable-next-line no-await-in-loop -- likewise
        await Promise.all(due.map(write));
      } catch (error) {
        if (!this.isClosed) for (const [room] of due) this.counts.giveBack(room);
        throw error;
      }
      this.writes += due.length;
    }
  }

  private async beginWrite(): Promise<void> {
    this.hasWritten = true;
    await this.lease.hold();
  }

  private get mayGoOn(): boolean {
    return !this.isClosed && this.parts.isReady();
  }

  private flushLater(delay: number): void {
    if (this.isClosed) return;
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      void this.flush();
    }, delay).unref();
  }
}
