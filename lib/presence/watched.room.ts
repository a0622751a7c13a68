import type { Subscriber } from 'rxjs';
import type { NodePresence } from '../brokers/room.broker.js';
import { PresenceTooLargeException } from '../errors/presence.exceptions.js';
import type { PresenceChange } from '../handles/presence.handle.js';
import type { PresenceOrder } from './presence.order.js';
import { PresenceReplica } from './presence.replica.js';
import { ShownKeys } from './shown.keys.js';

/** Connections in a list. */
export const MAX_LISTED = 10_000;
/** Packets that are kept while a snapshot is read; if there are more, another snapshot is read. */
const MAX_BUFFERED = 1_024;
/** Milliseconds until a failed snapshot is retried. */
const RETRY_DELAY = 1_000;

export interface WatchedParts {
  /** Milliseconds. */
  readonly linger: number;
  /** Milliseconds. */
  readonly nodeLease: number;
  /** Whether the broker reports lost nodes. If not, a snapshot is read once per lease. */
  readonly tellsOfNodes: boolean;
  isReady(): boolean;
  /** Resolves when packets of the room arrive, with a function that releases it. */
  hold(): Promise<() => void>;
  /** @throws PresenceTooLargeException, BrokerUnavailableException */
  read(): Promise<readonly NodePresence[]>;
  /** Nobody watches any more. */
  onUnwatched(): void;
}

/** One watched room: a single replica serves all watchers. */
export class WatchedRoom {
  private readonly replica = new PresenceReplica();
  private readonly shown: ShownKeys;
  private readonly watchers = new Set<Subscriber<PresenceChange>>();
  /** Changes that arrive while a snapshot is read. */
  private buffer: PresenceOrder[] | undefined;
  private needsAnother = false;
  /** Whether watchers have ever received the members. */
  private isFilled = false;
  private state: 'waiting' | 'known' | 'unknown';
  private isClosed = false;
  private release: (() => void) | undefined;
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly parts: WatchedParts) {
    this.shown = new ShownKeys({
      linger: parts.linger,
      at: (key) => this.replica.at(key),
      emit: (change) => this.emit(change),
    });
    this.state = parts.isReady() ? 'waiting' : 'unknown';
    if (this.state === 'waiting') void this.load();
  }

  get watching(): number {
    return this.watchers.size;
  }

  /** `undefined` while it is unknown. */
  get keyCount(): number | undefined {
    return this.state === 'known' ? this.replica.keyCount : undefined;
  }

  get size(): number {
    return this.replica.size;
  }

  add(watcher: Subscriber<PresenceChange>): void {
    this.watchers.add(watcher);
    watcher.add(() => {
      if (this.watchers.delete(watcher) && this.watchers.size === 0) this.close();
    });
    if (this.state === 'known') watcher.next({ type: 'here', present: this.shown.list() });
    else if (this.state === 'unknown') watcher.next({ type: 'unknown' });
  }

  apply(order: PresenceOrder): void {
    if (this.buffer) {
      if (this.buffer.length < MAX_BUFFERED) this.buffer.push(order);
      else this.needsAnother = true;
      return;
    }
    if (this.state !== 'known') return;
    if (this.applyNow(order)) this.refreshLater();
    else void this.load();
  }

  onNodeGone(node: string): void {
    // It may have come back in the snapshot that is being read.
    if (this.buffer) this.needsAnother = true;
    if (this.state !== 'known') return;
    this.shown.tell(this.replica.drop(node));
  }

  onLost(): void {
    this.clearTimer();
    this.becomeUnknown();
  }

  onReady(): void {
    void this.load();
  }

  /** Watchers get no more events. */
  complete(): void {
    for (const watcher of this.watchers) watcher.complete();
    this.close();
  }

  private close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.clearTimer();
    this.shown.suspend();
    this.release?.();
    this.release = undefined;
    this.parts.onUnwatched();
  }

  /** One load at a time; requests meanwhile cause another one. */
  private async load(): Promise<void> {
    if (this.buffer) {
      this.needsAnother = true;
      return;
    }
    this.clearTimer();
    try {
      do {
        this.buffer = [];
        this.needsAnother = false;
        // oxlint-disable-next-line no-await-in-loop -- each sees what has happened since the last
        await this.loadOnce();
      } while (this.needsAnother && !this.isClosed && this.parts.isReady());
      this.buffer = undefined;
      this.refreshLater();
    } catch (error) {
      this.buffer = undefined;
      this.onFailed(error);
    }
  }

  private async loadOnce(): Promise<void> {
    await this.renewHold();
    const snapshot = await this.parts.read();
    if (this.isClosed) return;
    // Losses are read again when the link is back.
    if (!this.parts.isReady()) return this.becomeUnknown();
    const touched = this.replica.load(snapshot);
    const orders = this.buffer ?? [];
    for (const order of orders) if (!this.applyTo(touched, order)) this.needsAnother = true;
    this.assertSize();
    // Watchers get a complete list, never one with gaps.
    if (!this.needsAnother) this.tellSnapshot(touched);
  }

  /** Renews lost subscriptions before the old hold is released. */
  private async renewHold(): Promise<void> {
    const release = await this.parts.hold();
    this.release?.();
    this.release = undefined;
    if (this.isClosed) release();
    else this.release = release;
  }

  private tellSnapshot(touched: Set<string>): void {
    const wasKnown = this.state === 'known';
    this.state = 'known';
    if (this.isFilled) {
      for (const key of this.shown.keys()) touched.add(key);
      this.shown.tell(touched);
    } else this.shown.fill(this.replica.list());
    this.isFilled = true;
    if (!wasKnown) this.emit({ type: 'here', present: this.shown.list() });
  }

  /** @returns Whether no earlier change is missing. */
  private applyTo(touched: Set<string>, { node, deltas }: PresenceOrder): boolean {
    for (const delta of deltas) {
      const keys = this.replica.apply(node, delta);
      if (!keys) return false;
      for (const key of keys) touched.add(key);
    }
    return true;
  }

  private applyNow(order: PresenceOrder): boolean {
    const touched = new Set<string>();
    const isWhole = this.applyTo(touched, order);
    try {
      this.assertSize();
      this.shown.tell(touched);
    } catch (error) {
      this.fail(error);
    }
    return isWhole;
  }

  private assertSize(): void {
    const { size } = this.replica;
    if (size > MAX_LISTED) throw new PresenceTooLargeException(size, MAX_LISTED);
  }

  private onFailed(error: unknown): void {
    if (this.isClosed) return;
    if (error instanceof PresenceTooLargeException) {
      this.fail(error);
      return;
    }
    this.becomeUnknown();
    if (this.parts.isReady()) this.loadLater(RETRY_DELAY);
  }

  /**
   * A change may arrive after its node was reported gone, which is reported only once. So a snapshot has to show
   * whether a node that appeared through a change still exists.
   */
  private refreshLater(): void {
    const { nodeLease, tellsOfNodes } = this.parts;
    if (this.state !== 'known' || (tellsOfNodes && this.replica.isConfirmed)) return;
    this.loadLater(nodeLease);
  }

  private loadLater(delay: number): void {
    if (this.isClosed) return;
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      void this.load();
    }, delay).unref();
  }

  private clearTimer(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  private becomeUnknown(): void {
    this.shown.suspend();
    if (this.state === 'unknown') return;
    this.state = 'unknown';
    this.emit({ type: 'unknown' });
  }

  private fail(error: unknown): void {
    for (const watcher of this.watchers) watcher.error(error);
    this.close();
  }

  private emit(change: PresenceChange): void {
    // Those who subscribe meanwhile get a list that includes this change.
    const watchers = [...this.watchers];
    for (const watcher of watchers) watcher.next(change);
  }
}
