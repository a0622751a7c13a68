import type { HistoryLimits, RoomBroker, RoomKey } from '../brokers/room.broker.js';
import { BrokerCapabilityException } from '../errors/presence.exceptions.js';
import { NoHistoryException } from '../errors/room.exceptions.js';
import type { ResolvedRooms } from '../options/rooms.descriptors.js';
import { assertPresence } from './hub.presence.js';
import { kindOf, type RoomKind } from './room.kind.js';
import { kindNameOf } from './room.name.js';
import type { AnyRooms } from './rooms.js';

/** The kinds of rooms of one application, as far as its broker can serve them. */
export class KindTable {
  private readonly byProvider = new Map<object, RoomKind>();
  private readonly byName = new Map<string, RoomKind>();
  private readonly histories = new Map<string, HistoryLimits>();

  constructor(
    private readonly broker: RoomBroker,
    private readonly options: ResolvedRooms,
  ) {}

  /** Whether no room was requested. */
  get isEmpty(): boolean {
    return this.byProvider.size === 0;
  }

  /** How much history each kind keeps, by name. Grows with the kinds. */
  get limits(): ReadonlyMap<string, HistoryLimits> {
    return this.histories;
  }

  /** Keyed by class, so that all instances share the same rooms. @throws BrokerCapabilityException */
  of(rooms: AnyRooms): RoomKind {
    const present = this.byProvider.get(rooms);
    if (present) return present;
    const kind = kindOf(rooms);
    this.assertServed(kind, rooms.constructor.name);
    this.byProvider.set(rooms, kind);
    this.byName.set(kind.name, kind);
    if (kind.history) this.histories.set(kind.name, kind.history);
    return kind;
  }

  /** @returns `undefined` if no room of the kind was requested. */
  at(key: RoomKey): RoomKind | undefined {
    return this.byName.get(kindNameOf(key));
  }

  /** @throws NoHistoryException */
  assertHistory(rooms: AnyRooms, what: string): void {
    const { name, history } = this.of(rooms);
    if (!history) throw new NoHistoryException(name, what);
  }

  private assertServed(kind: RoomKind, where: string): void {
    const { name, capabilities } = this.broker;
    const culprit = `${where}, which is @WebSocketRooms('${kind.name}'),`;
    if (kind.history && capabilities?.history !== true) {
      throw new BrokerCapabilityException(
        culprit,
        'history',
        name,
        'Use a broker that keeps it, or leave out the option history.',
      );
    }
    assertPresence(culprit, kind, this.broker, this.options);
  }
}
