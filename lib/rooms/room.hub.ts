import { Inject, Injectable, Logger, Optional } from '@nestjs/common';
import type { Observable } from 'rxjs';
import { MemoryBroker } from '../brokers/memory.broker.js';
import type {
  BrokerEvents,
  BrokerLink,
  HistoryStep,
  RoomBroker,
  RoomFilter,
  RoomKey,
} from '../brokers/room.broker.js';
import { messageOf } from '../log/error.text.js';
import { ThrottledLog } from '../log/throttled.log.js';
import { publishMember } from '../metrics/room.channels.js';
import { RoomCounters } from '../metrics/room.counters.js';
import type { RoomMetricsSnapshot } from '../metrics/room.metrics.js';
import { MODULE_OPTIONS_TOKEN } from '../options/revali-ws.module-definition.js';
import type { RevaliWsModuleOptions } from '../options/revali-ws.options.js';
import { resolveModuleOptions } from '../options/revali-ws.options.resolver.js';
import type { ResolvedRooms } from '../options/rooms.descriptors.js';
import type { RoomPresence } from '../presence/room.presence.js';
import { BrokerSession, type BrokerStatus } from './broker.session.js';
import { SUBSTITUTE_BROKER } from './broker.token.js';
import { HistoryReader } from './history.reader.js';
import { presenceOf } from './hub.presence.js';
import { HubRoom, type HubPort } from './hub.room.js';
import { KindTable } from './kind.table.js';
import type { LocalRoom } from './local.room.js';
import { LocalRooms } from './local.rooms.js';
import { OutageWatch } from './outage.watch.js';
import { PositionCheck } from './position.check.js';
import { RoomEntrance } from './room.entrance.js';
import { resumeHearing } from './room.hearing.js';
import { RoomInterest } from './room.interest.js';
import type { RoomKind } from './room.kind.js';
import type { RoomMember } from './room.member.js';
import { RoomBroadcast } from './room.message.js';
import { roomMetricsOf } from './room.metrics.js';
import { kindNameOf, nameOf, roomKeyOf } from './room.name.js';
import { decodePacket } from './room.packet.js';
import type { PlaceKeeper } from './room.places.js';
import { obey } from './room.orders.js';
import { RoomPublisher } from './room.publisher.js';
import type { AnyRooms, RoomSource } from './rooms.js';
import { within } from './within.js';

/** The rooms of one application, and its link to the others. */
@Injectable()
export class RoomHub implements RoomSource, BrokerEvents, HubPort, PlaceKeeper<RoomMember> {
  readonly counters = new RoomCounters();
  readonly publisher: RoomPublisher;
  readonly presence: RoomPresence;
  readonly reader: HistoryReader;
  readonly entrance: RoomEntrance;
  readonly session: BrokerSession;
  readonly deliversLocally: boolean;
  readonly joinTimeout: number;
  private readonly options: ResolvedRooms;
  private readonly broker: RoomBroker;
  readonly kinds: KindTable;
  readonly rooms: LocalRooms;
  private readonly interest: RoomInterest;
  private readonly outage: OutageWatch;
  private readonly check: PositionCheck;
  private readonly logger = new Logger('WebSocketRooms');
  private readonly failures = new ThrottledLog((line) => this.logger.warn(line));

  constructor(
    @Inject(MODULE_OPTIONS_TOKEN) options: RevaliWsModuleOptions,
    @Optional() @Inject(SUBSTITUTE_BROKER) substitute?: RoomBroker,
  ) {
    const own = resolveModuleOptions(options).rooms;
    const rooms = substitute ? { ...own, broker: substitute } : own;
    const { joinTimeout, publishTimeout, leaveDelay, maxPendingPublishes } = rooms;
    this.options = rooms;
    this.deliversLocally = rooms.outage.deliver === 'local';
    this.joinTimeout = joinTimeout;
    this.broker = rooms.broker ?? new MemoryBroker();
    const { broker, logger } = this;
    this.kinds = new KindTable(broker, rooms);
    this.entrance = new RoomEntrance(this, rooms.maxRoomsPerConnection);
    this.session = new BrokerSession({
      broker,
      prefix: rooms.prefix,
      histories: this.kinds.limits,
      logger,
      joinTimeout,
      closeTimeout: publishTimeout,
      initial: rooms.broker ? 'connecting' : 'ready',
    });
    const link = (): Promise<BrokerLink> => this.session.connect(this);
    this.reader = new HistoryReader({
      link,
      timeout: joinTimeout,
      unavailable: (what, cause) => this.session.unavailable(what, cause),
    });
    const { reader, counters } = this;
    this.rooms = new LocalRooms({
      patience: joinTimeout,
      ring: rooms.ring,
      reader,
      counters,
      onFault: this.onFault,
    });
    this.interest = new RoomInterest({
      link,
      isReady: (key) => this.session.isReady(key),
      leaveDelay,
      timeout: joinTimeout,
      entries: () => this.rooms.all(),
      onSubscribed: (keys) => this.rooms.onSubscribed(keys),
      onGone: (key) => this.rooms.remove(key),
      onFailedLeave: (error) => this.onFault('Leaving rooms failed', error),
    });
    this.publisher = new RoomPublisher({
      broker: broker.name,
      link,
      isReady: (key) => this.session.isReady(key),
      timeout: publishTimeout,
      maxPending: maxPendingPublishes,
      counters,
    });
    this.presence = presenceOf({
      broker,
      options: rooms,
      link,
      isReady: (key) => (key === undefined ? this.session.isUsable : this.session.isReady(key)),
      publish: (key, packet) => this.publisher.publish(key, packet),
      hold: async (key) => {
        const kind = this.kinds.at(key);
        if (!kind) throw new TypeError(`${key} is not a room of this application`);
        const room = await this.hold(key, kind);
        return () => this.release(room);
      },
      onFailed: (error) => this.onFault('Presence failed', error),
    });
    this.outage = new OutageWatch(rooms.outage.closeAfter, this.rooms);
    this.check = new PositionCheck(rooms.positionCheck, this.rooms);
  }

  get status(): BrokerStatus {
    return this.session.status;
  }

  get statusChanges(): Observable<BrokerStatus> {
    return this.session.statusChanges;
  }

  /** `undefined` if no room was requested. */
  get metrics(): RoomMetricsSnapshot | undefined {
    return this.kinds.isEmpty ? undefined : roomMetricsOf(this);
  }

  /** Connects on first use, or before the application starts if it names a broker. */
  async start(): Promise<void> {
    if (this.options.broker === undefined) return;
    if (this.options.startup === 'background') {
      this.session.startLater(this);
      return;
    }
    try {
      await this.session.start(this);
    } catch (error) {
      await this.session.close();
      throw error;
    }
  }

  at(rooms: AnyRooms, name: string): HubRoom {
    const kind = this.kinds.of(rooms);
    return new HubRoom(this, kind, name, roomKeyOf(kind.name, name));
  }

  /** A room's members in this application; `undefined` if there are none. */
  localOf(key: RoomKey): LocalRoom<RoomMember> | undefined {
    return this.rooms.get(key);
  }

  onJoined({ key }: LocalRoom<RoomMember>, member: RoomMember): void {
    this.rooms.members += 1;
    this.presence.entered(this.kinds.at(key), key, member);
    publishMember('joined', kindNameOf(key), nameOf(key), member);
  }

  onLeft({ key }: LocalRoom<RoomMember>, member: RoomMember): void {
    this.rooms.members -= 1;
    this.presence.left(this.kinds.at(key), key, member);
    publishMember('left', kindNameOf(key), nameOf(key), member);
  }

  forget(key: RoomKey, member: RoomMember): void {
    this.entrance.forget(key, member);
    this.presence.withdraw(key, member);
  }

  release(room: LocalRoom<RoomMember>): void {
    this.interest.drop(room);
  }

  /** Waits until the broker sends the room's messages. The caller must release the room. */
  async hold(key: RoomKey, kind: RoomKind): Promise<LocalRoom<RoomMember>> {
    const { joinTimeout } = this.options;
    if (this.outage.isOver(key))
      throw this.session.unavailable('it is lost, and members are closed');
    const room = this.rooms.for(key, kind);
    if (room.tail) this.check.start();
    const ready = this.interest.hold(room);
    if (!ready) return room;
    try {
      await within(ready, joinTimeout, () =>
        this.session.unavailable(`no answer within ${joinTimeout} ms`),
      );
      return room;
    } catch (error) {
      this.release(room);
      throw this.session.failureOf(`rooms of "${kind.name}" cannot be entered`, error);
    }
  }

  onPacket(key: RoomKey, bytes: Buffer, step?: HistoryStep): void {
    const room = this.rooms.get(key);
    if (!room) return;
    if (room.tail && step) {
      this.counters.received += 1;
      room.tail.accept(step, bytes);
      return;
    }
    if (room.hearing !== 'whole') resumeHearing(room, this.session.isReady(key));
    this.deliver(room, bytes);
  }

  /** Delivers what the broker cannot. */
  tellHere(key: RoomKey, bytes: Buffer): void {
    const room = this.rooms.get(key);
    if (room) this.deliver(room, bytes);
  }

  onLost(rooms?: RoomFilter): void {
    if (!this.session.onLost(rooms)) return;
    this.rooms.onLost(rooms);
    this.outage.begin(rooms);
    this.presence.onLost(rooms);
  }

  onReady(rooms?: RoomFilter): void {
    const lostMs = this.session.onReady(rooms);
    if (lostMs === undefined) return;
    this.outage.end(rooms);
    void this.recover(rooms, lostMs);
    this.rooms.reauthorize(rooms, (key) => this.entrance.guestsOf(key));
    void this.presence.onReady(rooms);
  }

  onNodeGone(node: string, rooms?: RoomFilter): void {
    this.presence.onNodeGone(node, rooms);
  }

  /** Others see the members leave all at once instead of one by one. */
  async leave(): Promise<void> {
    try {
      const { publishTimeout } = this.options;
      await within(this.presence.leave(), publishTimeout, () => new Error('no answer'));
    } catch (error) {
      this.logger.warn(`Presence did not end: ${messageOf(error)}`);
    }
  }

  async close(): Promise<void> {
    await this.leave();
    await this.publisher.settle();
    this.presence.close();
    this.outage.close();
    this.check.close();
    this.interest.close();
    await this.session.close();
  }

  /** Logs what an outage has cost once that is known. */
  private async recover(rooms: RoomFilter | undefined, lostMs: number): Promise<void> {
    const { counters } = this;
    const before = counters.nodeGaps;
    await this.interest.renew(rooms);
    await this.rooms.caughtUp();
    this.session.tellRecovery(lostMs, counters.nodeGaps - before);
  }

  private deliver(room: LocalRoom<RoomMember>, bytes: Buffer): void {
    this.counters.received += 1;
    const packet = decodePacket(bytes);
    if (packet?.isControl) obey(packet.payload, room, this);
    else if (packet) room.broadcast(new RoomBroadcast(room.key, packet, undefined));
  }

  readonly onFault = (what: string, error: unknown): void =>
    this.failures.add(() => `${what}: ${messageOf(error)}`);
}
