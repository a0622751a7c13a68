import { Rooms, WebSocketRooms } from 'nestjs-revali-ws';
import type { RoomKey } from '../../lib/brokers/room.broker.js';
import type { RoomGap } from '../../lib/handles/room.handle.js';
import type { MemberKey } from '../../lib/handles/presence.handle.js';
import type { HubRoom } from '../../lib/rooms/hub.room.js';
import type { AnyRooms } from '../../lib/rooms/rooms.js';
import { RoomHub } from '../../lib/rooms/room.hub.js';
import type { FakeClient } from './fake.client.js';
import { PresenceView } from './presence.view.js';
import { SimulatedBroker, type SimulatedLink } from './simulated.link.js';
import type { SimulatedServer } from './simulated.server.js';

/** Milliseconds. */
export const TIMES = {
  join: 2_000,
  publish: 2_000,
  leaveDelay: 1_000,
  positionCheck: 5_000,
  nodeLease: 6_000,
};
/** Until a room that nobody holds is unsubscribed: two looks, one second for a command. */
const GRACE = 2 * TIMES.leaveDelay + 1_000;

class SimulatedRooms extends Rooms<unknown, object> {
  constructor(private readonly told: (gap: RoomGap) => void) {
    super();
  }

  protected override onGap(gap: RoomGap): void {
    this.told(gap);
  }

  protected override memberOf({ id }: { readonly id: string }): MemberKey {
    return { key: keyOf(id) };
  }
}

@WebSocketRooms('chat', { history: { messages: 20, age: '20s' }, presence: true })
class ChatRooms extends SimulatedRooms {}

@WebSocketRooms('log', { history: { messages: 300, age: '2m' } })
class LogRooms extends SimulatedRooms {}

@WebSocketRooms('feed', { presence: 'count' })
class FeedRooms extends SimulatedRooms {}

/** Kinds with history come first. */
export const KINDS = ['chat', 'log', 'feed'] as const;
export const keepsHistory = (room: RoomKey): boolean => !room.startsWith('feed/');
/** Whether it is known who is there. */
export const keepsMembers = (room: RoomKey): boolean => room.startsWith('chat/');
/** Whether it is known how many are there. */
export const keepsCount = (room: RoomKey): boolean => !room.startsWith('log/');
/** Two connections each are of one user. */
export const keyOf = (id: string): string => `user-${Number.parseInt(id.slice(-12), 16) >> 1}`;

/** One application of the cluster, with its clients. */
export class SimulatedNode {
  readonly clients = new Set<FakeClient>();
  readonly broker: SimulatedBroker;
  readonly hub: RoomHub;
  /** Since when nothing is wrong between it and the broker. */
  healthySince = 0;
  /** When it crashed. */
  diedAt: number | undefined;
  readonly views = new Map<RoomKey, PresenceView>();
  private readonly kinds: ReadonlyMap<string, AnyRooms>;
  /** When the last one who wanted a room was gone. */
  private readonly leftAt = new Map<RoomKey, number>();

  constructor(
    readonly name: string,
    private readonly server: SimulatedServer,
    private readonly fail: (what: string) => void,
  ) {
    this.broker = new SimulatedBroker(server, (room) => this.onDelivery(room));
    this.hub = new RoomHub({
      rooms: {
        broker: this.broker,
        joinTimeout: TIMES.join,
        publishTimeout: TIMES.publish,
        leaveDelay: TIMES.leaveDelay,
        positionCheck: TIMES.positionCheck,
        nodeLease: TIMES.nodeLease,
        ring: { messages: 8, total: 20_000 },
      },
    });
    this.kinds = new Map([
      ['chat', new ChatRooms((gap) => this.onGap(`chat/${gap.room}`))],
      ['log', new LogRooms((gap) => this.onGap(`log/${gap.room}`))],
      ['feed', new FeedRooms((gap) => this.onGap(`feed/${gap.room}`))],
    ]);
  }

  get link(): SimulatedLink | undefined {
    return this.broker.link;
  }

  /** For how many milliseconds nothing has been wrong between it and the broker. */
  get healthyFor(): number {
    return this.server.clock.now - this.healthySince;
  }

  /** Who is in the room is told from now on. */
  watch(room: RoomKey): void {
    if (this.views.has(room)) return;
    const fail = (what: string): void => this.fail(`${this.name} watches ${room}, and ${what}`);
    const { now } = this.server.clock;
    this.views.set(room, new PresenceView(this.at(room).watch(), now, fail));
  }

  unwatch(room: RoomKey): void {
    this.views.get(room)?.end();
    if (this.views.delete(room)) this.onLeft(room);
  }

  at(room: RoomKey): HubRoom {
    const [kind = '', name = ''] = room.split('/');
    const rooms = this.kinds.get(kind);
    if (!rooms) throw new TypeError(`No rooms are of the kind ${kind}`);
    return this.hub.at(rooms, name);
  }

  wants(room: RoomKey): boolean {
    if (this.views.has(room)) return true;
    for (const { views, joining } of this.clients)
      if (views.has(room) || joining.has(room)) return true;
    return false;
  }

  /** A packet is accepted: where somebody is in the room, and nothing is wrong, it must be on its way. */
  checkSubscription(room: RoomKey): void {
    const { link } = this;
    if (!link || this.healthyFor < 0) return;
    if (!link.isUp || this.server.subscribersOf(room).has(link)) return;
    for (const { views, joining } of this.clients)
      if (views.get(room)?.isIn === true && !joining.has(room)) {
        this.fail(`${this.name} has members of ${room}, and has not subscribed it`);
        return;
      }
  }

  /** Somebody has left the room, or has not come. */
  onLeft(room: RoomKey): void {
    this.leftAt.set(room, this.server.clock.now);
  }

  /** What is left in the node when everybody has gone. */
  leftovers(): string[] {
    const { hub } = this;
    const [rooms, interest, presence] = [hub['rooms'], hub['interest'], hub.presence];
    const { members, counts: numbers } = presence['writer'];
    const counts = {
      rooms: rooms.size,
      members: rooms.members,
      behind: rooms.behind,
      bytes: rooms['budget'].bytes,
      rings: rooms['budget']['rings'].size,
      leaving: interest['leaving'].size,
      wanted: interest['wanted'].length,
      reads: hub.reader.pending,
      publishes: hub.publisher.pending,
      watched: presence['watched'].size,
      entries: members['rooms'].size + numbers['rooms'].size,
      commands: this.link?.commands.pending ?? 0,
      subscriptions: this.link?.subscriptions.pending ?? 0,
    };
    return Object.entries(counts)
      .filter(([, count]) => count !== 0)
      .map(([what, count]) => `${this.name} has ${count} ${what} left`);
  }

  private onDelivery(room: RoomKey): void {
    const since = Math.max(this.leftAt.get(room) ?? 0, this.healthySince);
    if (this.server.clock.now - since <= GRACE || this.wants(room)) return;
    this.fail(`${this.name} still gets packets of ${room}, which nobody wants there`);
  }

  private onGap(room: RoomKey): void {
    for (const client of this.clients)
      if (!client.takesHeaders) client.views.get(room)?.gapOfNode();
  }
}
