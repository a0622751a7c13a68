import type { PresenceStore, RoomBroker } from '../brokers/room.broker.js';
import type { Duration } from './duration.js';
import type { MessageFormat } from './message.format.js';

/** How much history a room keeps. Both limits are required and apply, because the broker has to store the messages. */
export interface HistoryOptions {
  /** Messages of a room. */
  readonly messages: number;
  /** Age of a message. */
  readonly age: Duration;
}

/** Options of `@WebSocketRooms()`. */
export interface RoomsOptions {
  /** Messages that can be read, replayed, and resumed. Default: `false`. */
  readonly history?: HistoryOptions | false;
  /**
   * How a broadcast is encoded, once for all members. The format of their routes does not matter. Default: `'auto'`.
   */
  readonly codec?: MessageFormat;
  /** Largest broadcast in bytes; larger ones are refused with a `MessageTooLargeException`. Default: 256 KiB. */
  readonly maxMessage?: number;
  /**
   * What happens to members that read too slowly. Default: `'catchUp'` with history, else the `backpressure.policy` of
   * their route.
   */
  readonly slow?: 'catchUp' | 'wait' | 'drop' | 'close';
  /** Whether to keep track of who is in a room, or only of how many (`'count'`). Default: neither. */
  readonly presence?: boolean | 'count';
  /**
   * How long watchers still see a member that has left. If the member comes back in that time, watchers get no event.
   * Default: 0.
   */
  readonly linger?: Duration;
  /** Whether to authorize members again after the broker connection was lost and is back. Default: `false`. */
  readonly reauthorize?: boolean;
}

/** The last messages of a room. Each application that has members in the room keeps them. */
export interface RingOptions {
  /** Messages of a room. Default: 128. */
  readonly messages?: number;
  /** Bytes of a room. Default: 256 KiB. */
  readonly bytes?: number;
  /** Bytes of all rooms. The rooms that have been quiet longest give up their messages first. Default: 64 MiB. */
  readonly total?: number;
}

/** What happens while the broker is down. */
export interface OutageOptions {
  /**
   * Whether broadcasts of rooms without history go to the members of this application. Members in other applications
   * then miss them. Default: `'none'`: they are refused.
   */
  readonly deliver?: 'none' | 'local';
  /** After this time, members are closed with 1013 so that they can move to other applications. Default: `false`. */
  readonly closeAfter?: Duration | false;
}

/** Rooms of an application. */
export interface RoomsModuleOptions {
  /** Carries broadcasts between applications. Default: `new MemoryBroker()`, for this application alone. */
  readonly broker?: RoomBroker;
  /** Goes before every name in the broker. Applications with different prefixes share nothing. Default: `'rws'`. */
  readonly prefix?: string;
  /** `'wait'`: startup waits for the broker and fails without it. Default: `'wait'`. */
  readonly startup?: 'wait' | 'background';
  /** Longest time to enter a room. After that, 503. Default: 5 s. */
  readonly joinTimeout?: Duration;
  /** Longest time for the broker to accept a broadcast. Default: 5 s. */
  readonly publishTimeout?: Duration;
  /** Broadcasts that the broker has not accepted yet; more are refused at once. Default: 10,000. */
  readonly maxPendingPublishes?: number;
  /** How long a room without members stays subscribed. Default: 5 s. */
  readonly leaveDelay?: Duration;
  /** See {@link RingOptions}. */
  readonly ring?: RingOptions;
  /** After this time of silence, a room with history is compared with the broker. Default: 30 s. */
  readonly positionCheck?: Duration;
  /** See {@link OutageOptions}. */
  readonly outage?: OutageOptions;
  /**
   * The time over which `app.close()` spreads the closing of connections, so that they do not all reconnect to other
   * applications at once. Default: 0.
   */
  readonly shutdownSpread?: Duration;
  /** Rooms that one connection may be in. Default: 64. */
  readonly maxRoomsPerConnection?: number;
  /** After this time, a killed application counts as gone. The lease is renewed three times as often. Default: 15 s. */
  readonly nodeLease?: Duration;
  /** Stores which members are in which rooms. Default: the broker. */
  readonly presence?: PresenceStore;
}
