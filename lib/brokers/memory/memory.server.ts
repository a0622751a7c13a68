import { eachOf, minus, plus, type Few } from '../../values/few.js';
import type {
  HistoryPage,
  PublishOptions,
  PublishReceipt,
  RoomKey,
  RoomPosition,
} from '../room.broker.js';
import { CommandQueue, type Recipient } from './command.queue.js';
import { MessageIds } from './message.ids.js';
import { NodePresences } from './node.presences.js';
import { RoomHistories } from './room.histories.js';

/** Milliseconds between sweeps for expired data. */
const SWEEP = 30_000;
const NOT_KEPT: PublishReceipt = Object.freeze({});

/** The state that the links of one broker share. */
export class MemoryServer {
  readonly queue = new CommandQueue();
  private readonly histories = new RoomHistories((room) => this.subscribers.has(room));
  readonly presences: NodePresences;
  /** Packets that will be accepted and kept, but not delivered. */
  toLose = 0;
  private readonly ids = new MessageIds();
  private readonly links = new Set<Recipient>();
  private readonly subscribers = new Map<RoomKey, Few<Recipient>>();
  private sweeper: NodeJS.Timeout | undefined;

  /** Whether it holds history, or an id. */
  get keeps(): boolean {
    return this.histories.size + this.ids.size > 0;
  }

  constructor() {
    this.presences = new NodePresences({
      schedule: (end) => this.queue.add({ from: undefined, run: end, refuse: () => undefined }),
      onGone: (node, owner) => this.tellOfEnd(node, owner),
    });
  }

  /** @returns Disconnects the link. */
  connect(link: Recipient): () => void {
    this.links.add(link);
    if (this.keeps) this.sweepLater();
    return () => {
      this.links.delete(link);
      if (this.links.size > 0) return;
      // Otherwise, it would keep the history for a day, though nobody can ask for it.
      clearTimeout(this.sweeper);
      this.sweeper = undefined;
    };
  }

  subscribe(room: RoomKey, link: Recipient): void {
    this.subscribers.set(room, plus(this.subscribers.get(room), link));
  }

  unsubscribe(room: RoomKey, link: Recipient): void {
    const links = minus(this.subscribers.get(room), link);
    if (links) this.subscribers.set(room, links);
    else this.subscribers.delete(room);
  }

  /** Rare, so links need not remember their rooms. */
  unsubscribeAll(link: Recipient): void {
    for (const room of this.subscribers.keys()) this.unsubscribe(room, link);
  }

  publish(room: RoomKey, packet: Buffer, { history, id }: PublishOptions): PublishReceipt {
    const earlier = id === undefined ? undefined : this.ids.receiptOf(room, id);
    if (earlier) return earlier;
    const step = history && this.histories.append(room, packet, history);
    const receipt = step ? { position: { offset: step.offset, tag: step.tag } } : NOT_KEPT;
    if (id !== undefined) this.ids.remember(room, id, receipt);
    if (receipt !== NOT_KEPT || id !== undefined) this.sweepLater();
    if (this.toLose > 0) this.toLose -= 1;
    else
      for (const link of eachOf(this.subscribers.get(room)))
        this.queue.deliver(link, (events) => events.onPacket(room, packet, step));
    return receipt;
  }

  read(room: RoomKey, after: RoomPosition | undefined, limit: number): HistoryPage {
    this.sweepLater();
    return this.histories.read(room, after, limit);
  }

  position(room: RoomKey): RoomPosition {
    this.sweepLater();
    return this.histories.position(room);
  }

  knows(room: RoomKey): boolean {
    return this.histories.knows(room);
  }

  fork(room: RoomKey, count: number | undefined): void {
    this.histories.fork(room, count);
    this.ids.forgetAfter(room, this.histories.position(room).offset);
  }

  forget(): void {
    this.histories.clear();
    this.ids.clear();
    this.presences.clear();
  }

  private tellOfEnd(node: string, owner: Recipient): void {
    for (const link of this.links)
      if (link !== owner) this.queue.deliver(link, (events) => events.onNodeGone(node));
  }

  /** Runs while something is kept, and not once per message. */
  private sweepLater(): void {
    this.sweeper ??= setTimeout(() => {
      const now = Date.now();
      this.histories.sweep(now);
      this.ids.sweep(now);
      this.sweeper = undefined;
      if (this.keeps) this.sweepLater();
    }, SWEEP).unref();
  }
}
