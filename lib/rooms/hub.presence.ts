import type { BrokerLink, PresenceStore, RoomBroker, RoomKey } from '../brokers/room.broker.js';
import { BrokerCapabilityException } from '../errors/presence.exceptions.js';
import { BrokerUnavailableException } from '../errors/room.exceptions.js';
import type { ResolvedRooms } from '../options/rooms.descriptors.js';
import { RoomPresence, type PresenceKind } from '../presence/room.presence.js';
import { encodePacket } from './room.packet.js';
import { within } from './within.js';

/** What the hub supplies to presence. */
export interface HubPresenceParts {
  readonly broker: RoomBroker;
  readonly options: ResolvedRooms;
  link(): Promise<BrokerLink>;
  /** @param room Default: whether any broker can be reached. */
  isReady(room?: RoomKey): boolean;
  publish(room: RoomKey, packet: Buffer): Promise<unknown>;
  hold(room: RoomKey): Promise<() => void>;
  onFailed(error: unknown): void;
}

/** Presence, stored in the hub's broker. */
export function presenceOf(parts: HubPresenceParts): RoomPresence {
  const { broker, options } = parts;
  const { nodeLease, publishTimeout, presence } = options;
  const unavailable = (what: string, cause?: unknown): BrokerUnavailableException =>
    new BrokerUnavailableException(broker.name, what, 'unknown', cause);
  const storeOf = async (): Promise<PresenceStore> => {
    const store = presence ?? (await parts.link()).presence;
    if (store) return store;
    throw unavailable('it keeps no presence, whatever its capabilities say');
  };
  return new RoomPresence({
    nodeLease,
    tellsOfNodes: presence === undefined,
    isReady: (room) => parts.isReady(room),
    async ask(call) {
      if (!parts.isReady())
        throw new BrokerUnavailableException(broker.name, 'not connected', 'refused');
      try {
        const answer = storeOf().then(call);
        return await within(answer, publishTimeout, () =>
          unavailable(`no answer within ${publishTimeout} ms`),
        );
      } catch (error) {
        throw error instanceof BrokerUnavailableException
          ? error
          : unavailable('presence failed', error);
      }
    },
    publish: (room, order) => parts.publish(room, encodePacket(order, [], { isControl: true })),
    hold: (room) => parts.hold(room),
    onFailed: (error) => parts.onFailed(error),
  });
}

/** @throws BrokerCapabilityException if nothing can store the members of the kind. */
export function assertPresence(
  where: string,
  { presence }: PresenceKind,
  { name: broker, capabilities }: RoomBroker,
  options: ResolvedRooms,
): void {
  if (presence === false || capabilities?.presence === true || options.presence) return;
  throw new BrokerCapabilityException(
    where,
    'presence',
    broker,
    'Use a broker that keeps it, give another store as rooms.presence, or leave out the option presence.',
  );
}
