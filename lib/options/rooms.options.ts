import type { PresenceStore, RoomBroker } from '../brokers/room.broker.js';
import type { Duration } from './duration.js';
import type { MessageFormat } from './message.format.js';

/** How much of a room is kept. Both bounds hold, since the broker has to keep it. */
export interface HistoryOptions {
  /** Of a room. */
  readonly messages: number;
  /** Of a message. */
  readonly age: Duration;
}

/** Options of `@WebSocketRooms()`. */
export interface RoomsOptions {
  /** What can be read, replayed and resumed. Default: `false`. */
  readonly history?: HistoryOptions | false;
  /** How a broadcast becomes bytes, once for all members. The format of their routes has no say. Default: `'auto'`. */
  readonly codec?: MessageFormat;
  /** Largest broadcast in bytes; larger ones are refused with a `MessageTooLargeException`. Default: 256 KiB. */
  readonly maxMessage?: number;
  /**
   * For members that read too slowly. Default: `'catchUp'` with history, else the `backpressure.policy` of their route.
   */
  readonly slow?: 'catchUp' | 'wait' | 'drop' | 'close';
  /** Whether to keep who is in a room, or only how many. Default: neither. */
  readonly presence?: boolean | 'count';
  /** How long one who has left still counts as here, for those who watch: coming back meanwhile is no event. Default: 0. */
  readonly linger?: Duration;
  /** Whether members are authorized anew when the link to the broker was lost, and is back. Default: `false`. */
  readonly reauthorize?: boolean;
}

/** The last messages of a room, kept by each application that has members of it. */
export interface RingOptions {
  /** Messages of a room. Default: 128. */
  readonly messages?: number;
  /** Bytes of a room. Default: 256 KiB. */
  readonly bytes?: number;
  /** Bytes of all rooms; the rooms that were quiet for longest give theirs up first. Default: 64 MiB. */
  readonly total?: number;
}

/** What happens while the broker is gone. */
export interface OutageOptions {
  /**
   * Whether broadcasts of rooms without history go to the members of this application. Its other half hears other
   * things then. Default: `'none'`: they are refused.
   */
  readonly deliver?: 'none' | 'local';
  /** Members are closed with 1013 after this time, for other applications to take. Default: `false`. */
  readonly closeAfter?: Duration | false;
}

/** Rooms of an application. */
export interface RoomsModuleOptions {
  /** Carries broadcasts between applications. Default: `new MemoryBroker()`, for this application alone. */
  readonly broker?: RoomBroker;
  /** In front of everything in the broker: applications of another prefix share nothing. Default: `'rws'`. */
  readonly prefix?: string;
  /** `'wait'`: the application starts when the broker is there, and else fails. Default: `'wait'`. */
  readonly startup?: 'wait' | 'background';
  /** Longest time to enter a room; then 503. Default: 5 s. */
  readonly joinTimeout?: Duration;
  /** Longest time until the broker has accepted a broadcast. Default: 5 s. */
  readonly publishTimeout?: Duration;
  /** Broadcasts that the broker has not accepted yet; more are refused at once. Default: 10,000. */
  readonly maxPendingPublishes?: number;
  /** How long a room without members stays subscribed. Default: 5 s. */
  readonly leaveDelay?: Duration;
  /** See {@link RingOptions}. */
  readonly ring?: RingOptions;
  /** Rooms with history that were silent so long are compared with the broker. Default: 30 s. */
  readonly positionCheck?: Duration;
  /** See {@link OutageOptions}. */
  readonly outage?: OutageOptions;
  /**
   * The time over which `app.close()` closes connections, so that they do not all come back to other applications at
   * once. Default: 0.
   */
  readonly shutdownSpread?: Duration;
  /** Rooms that one connection may be in. Default: 64. */
  readonly maxRoomsPerConnection?: number;
  /** After how long a killed application counts as gone; it is renewed three times as often. Default: 15 s. */
  readonly nodeLease?: Duration;
  /** Keeps who is where. Default: the broker. */
  readonly presence?: PresenceStore;
}
