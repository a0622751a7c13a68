import type {
  HistoryPage,
  HistoryStep,
  PublishOptions,
  PublishReceipt,
  RoomKey,
  RoomPosition,
} from '../../lib/brokers/room.broker.js';
import { NodePresences } from '../../lib/brokers/memory/node.presences.js';
import { decodePacket } from '../../lib/rooms/room.packet.js';
import type { Random } from '../support/random.js';
import { RoomLog, type AcceptedMessage } from './room.log.js';
import type { SimulatedLink } from './simulated.link.js';
import type { VirtualClock } from './virtual.clock.js';

/** Milliseconds until somebody sees that a lease has run out. */
export const REAPER = 2_000;

/** What the whole cluster shares: it accepts, keeps and hands out, and remembers all that it has accepted. */
export class SimulatedServer {
  readonly links = new Set<SimulatedLink>();
  /** By their texts, which are all different. */
  readonly accepted = new Map<string, AcceptedMessage>();
  onAccepted: ((room: RoomKey, message: AcceptedMessage) => void) | undefined;
  private readonly said = new Map<RoomKey, AcceptedMessage[]>();
  /** Packets handed to links. */
  deliveries = 0;
  private readonly logs = new Map<RoomKey, RoomLog>();
  private readonly subscribers = new Map<RoomKey, Set<SimulatedLink>>();
  private readonly ids = new Map<string, PublishReceipt>();
  readonly presences = new NodePresences({
    schedule: (end) => this.clock.after(this.random.below(REAPER), end),
    onGone: (node) => {
      for (const link of this.links) link.tellGone(node);
    },
  });

  constructor(
    readonly clock: VirtualClock,
    readonly random: Random,
  ) {}

  get rooms(): IterableIterator<[RoomKey, RoomLog]> {
    return this.logs.entries();
  }

  logOf(room: RoomKey): RoomLog {
    const present = this.logs.get(room);
    if (present) return present;
    const log = new RoomLog(this.random);
    this.logs.set(room, log);
    return log;
  }

  subscribersOf(room: RoomKey): ReadonlySet<SimulatedLink> {
    return this.subscribers.get(room) ?? new Set();
  }

  /** Rooms that somebody has subscribed. */
  get subscribed(): number {
    return this.subscribers.size;
  }

  subscribe(room: RoomKey, link: SimulatedLink): void {
    const links = this.subscribers.get(room) ?? new Set();
    this.subscribers.set(room, links.add(link));
  }

  unsubscribe(room: RoomKey, link: SimulatedLink): void {
    const links = this.subscribers.get(room);
    links?.delete(link);
    if (links?.size === 0) this.subscribers.delete(room);
  }

  unsubscribeAll(link: SimulatedLink): void {
    for (const room of this.subscribers.keys()) this.unsubscribe(room, link);
  }

  publish(room: RoomKey, packet: Buffer, { history, id }: PublishOptions): PublishReceipt {
    const known = id === undefined ? undefined : this.ids.get(`${room} ${id}`);
    if (known) return known;
    const { now } = this.clock;
    const step = history && this.logOf(room).append(packet, history, now);
    const receipt = step ? { position: { offset: step.offset, tag: step.tag } } : {};
    if (id !== undefined) this.ids.set(`${room} ${id}`, receipt);
    this.remember(room, packet, step);
    for (const link of this.subscribersOf(room)) {
      this.deliveries += 1;
      link.carry(room, packet, step);
    }
    return receipt;
  }

  read(room: RoomKey, after: RoomPosition | undefined, limit: number): HistoryPage {
    return this.logOf(room).read(after, limit, this.clock.now);
  }

  positions(rooms: readonly RoomKey[]): readonly RoomPosition[] {
    return rooms.map((room) => this.logOf(room).last);
  }

  /** All that was ever accepted in a room. */
  saidIn(room: RoomKey): readonly AcceptedMessage[] {
    return this.said.get(room) ?? [];
  }

  /** A failover to a server that lagged, in one room. */
  fork(room: RoomKey, count: number): void {
    const log = this.logs.get(room);
    log?.fork(count);
    if (!log) return;
    for (const [key, { position }] of this.ids)
      if (key.startsWith(`${room} `) && position && position.offset > log.last.offset)
        this.ids.delete(key);
  }

  /** It starts again, empty; links must be cut, too. */
  forget(): void {
    for (const log of this.logs.values()) log.forget();
    this.presences.clear();
    this.ids.clear();
  }

  private remember(room: RoomKey, packet: Buffer, step: HistoryStep | undefined): void {
    const decoded = decodePacket(packet);
    // What nodes tell one another is no message.
    if (decoded?.isControl === true) return;
    const text = decoded?.payload.toString() ?? '';
    const said = this.said.get(room) ?? [];
    this.said.set(room, said);
    const message: AcceptedMessage = {
      order: this.accepted.size + 1,
      index: said.length,
      room,
      text,
      except: decoded?.except ?? [],
      step,
    };
    said.push(message);
    this.accepted.set(text, message);
    this.onAccepted?.(room, message);
  }
}
