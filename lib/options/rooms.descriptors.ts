import type { PresenceStore, RoomBroker } from '../brokers/room.broker.js';
import type { Duration } from './duration.js';
import {
  boolean,
  duration,
  integer,
  oneOf,
  type OptionDescriptor,
  type OptionTable,
  type Resolved,
} from './option.descriptor.js';
import { OptionReader } from './option.reader.js';
import { readTable } from './option.table.reader.js';
import type {
  HistoryOptions,
  OutageOptions,
  RingOptions,
  RoomsModuleOptions,
  RoomsOptions,
} from './rooms.options.js';
import { format } from './route.descriptors.js';

const SLOW = ['catchUp', 'wait', 'drop', 'close'] as const;

const slow: OptionDescriptor<(typeof SLOW)[number], (typeof SLOW)[number] | undefined> = {
  unit: "`'catchUp'`, `'wait'`, `'drop'` or `'close'`",
  default: undefined,
  read: (reader, name, value) => reader.oneOf(name, value, SLOW, 'wait'),
};

/** How much history a room keeps. */
export interface ResolvedHistory {
  /** Messages of a room. */
  readonly messages: number;
  /** Age of a message, in ms. */
  readonly age: number;
}

const history: OptionDescriptor<HistoryOptions | false, ResolvedHistory | undefined> = {
  unit: '`{ messages, age }` or `false`',
  default: undefined,
  read(reader, name, value) {
    if (value === false) return undefined;
    reader.knownKeys(value, ['messages', 'age'], `${name}.`);
    if (value.messages === undefined)
      reader.refuse(`${name}.messages`, undefined, 'Use an integer of at least 1.');
    if (value.age === undefined)
      reader.refuse(`${name}.age`, undefined, "Use milliseconds or a string such as '5m'.");
    return {
      messages: reader.integer(`${name}.messages`, value.messages, 1),
      age: reader.duration(`${name}.age`, value.age, 1),
    };
  },
};

const presence: OptionDescriptor<boolean | 'count'> = {
  unit: "boolean or `'count'`",
  default: false,
  read(reader, name, value) {
    if (typeof value !== 'boolean' && value !== 'count')
      reader.refuse(name, value, "Use true, false or 'count'.");
    return value;
  },
};

/** A duration of at least 0. */
const span: OptionDescriptor<Duration, number> = {
  ...duration(0),
  read: (reader, name, value) => (value === 0 ? 0 : reader.duration(name, value, 0)),
};

/** Options of `@WebSocketRooms()`. */
export const ROOM_KIND_OPTIONS = {
  history,
  codec: format,
  maxMessage: integer('bytes', 256 * 1024),
  slow,
  reauthorize: boolean(false),
  presence,
  linger: span,
} satisfies OptionTable<RoomsOptions>;

/** Options of `@JoinRoom()`. */
export const JOIN_OPTIONS = {
  replay: {
    unit: 'messages',
    default: 0,
    read: (reader, name, value) => reader.integer(name, value, 0, 0),
  },
} satisfies OptionTable<{ replay?: number }>;

const hasMethod = (value: unknown, name: string): boolean =>
  typeof value === 'object' && value !== null && typeof Reflect.get(value, name) === 'function';

const broker: OptionDescriptor<RoomBroker, RoomBroker | undefined> = {
  unit: 'broker',
  // Each application creates its own.
  default: undefined,
  read(reader, name, value) {
    if (!hasMethod(value, 'connect'))
      reader.refuse(name, value, 'Use a broker, as new MemoryBroker().');
    return value;
  },
};

const PREFIX = /^[\w-]{1,32}$/;

const prefix: OptionDescriptor<string> = {
  unit: 'text',
  default: 'rws',
  read(reader, name, value) {
    if (typeof value !== 'string' || !PREFIX.test(value))
      reader.refuse(name, value, 'Use 1 to 32 letters, digits, - and _.');
    return value;
  },
};

const store: OptionDescriptor<PresenceStore, PresenceStore | undefined> = {
  unit: 'store',
  default: undefined,
  read(reader, name, value) {
    if (!hasMethod(value, 'renew')) reader.refuse(name, value, 'Use a PresenceStore.');
    return value;
  },
};

/** The last messages of rooms. */
export interface ResolvedRing {
  /** Messages of a room. */
  readonly messages: number;
  /** Bytes of a room. */
  readonly bytes: number;
  /** Bytes of all rooms. */
  readonly total: number;
}

const RING: ResolvedRing = { messages: 128, bytes: 256 * 1024, total: 64 * 1024 * 1024 };

const ring: OptionDescriptor<RingOptions, ResolvedRing> = {
  unit: '`{ messages, bytes, total }`',
  default: RING,
  read(reader, name, value) {
    reader.knownKeys(value, Object.keys(RING), `${name}.`);
    return {
      messages: reader.integer(`${name}.messages`, value.messages, RING.messages),
      bytes: reader.integer(`${name}.bytes`, value.bytes, RING.bytes),
      total: reader.integer(`${name}.total`, value.total, RING.total),
    };
  },
};

/** What happens while the broker is down. */
export interface ResolvedOutage {
  /** Who gets broadcasts of rooms without history. */
  readonly deliver: 'none' | 'local';
  /** In ms; `undefined`: members stay. */
  readonly closeAfter: number | undefined;
}

const outage: OptionDescriptor<OutageOptions, ResolvedOutage> = {
  unit: "`{ deliver, closeAfter }`: `'none'` or `'local'`, time or `false`",
  default: { deliver: 'none', closeAfter: undefined },
  read(reader, name, value) {
    reader.knownKeys(value, ['deliver', 'closeAfter'], `${name}.`);
    const { closeAfter = false } = value;
    return {
      deliver: reader.oneOf(`${name}.deliver`, value.deliver, ['none', 'local'] as const, 'none'),
      closeAfter:
        closeAfter === false ? undefined : reader.duration(`${name}.closeAfter`, closeAfter, 1),
    };
  },
};

/** Options of the option `rooms`. */
export const ROOMS_OPTIONS = {
  broker,
  prefix,
  startup: oneOf(['wait', 'background'], 'wait'),
  joinTimeout: duration(5_000),
  publishTimeout: duration(5_000),
  maxPendingPublishes: integer('broadcasts', 10_000),
  leaveDelay: duration(5_000),
  ring,
  positionCheck: duration(30_000),
  outage,
  shutdownSpread: span,
  maxRoomsPerConnection: integer('rooms', 64),
  nodeLease: duration(15_000),
  presence: store,
} satisfies OptionTable<RoomsModuleOptions>;

/** The rooms of an application, with all defaults filled in. Times are in ms. */
export interface ResolvedRooms extends Resolved<RoomsModuleOptions, typeof ROOMS_OPTIONS> {}

const NONE: RoomsModuleOptions = {};

/** The module's option `rooms`. */
export const rooms: OptionDescriptor<RoomsModuleOptions, ResolvedRooms> = {
  unit: 'see below',
  default: readTable(new OptionReader('rooms'), ROOMS_OPTIONS, NONE),
  read: (reader, name, value) => readTable(reader, ROOMS_OPTIONS, value, { prefix: `${name}.` }),
};
