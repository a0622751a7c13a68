import type { Comeback } from './stand.js';
import type { Packets } from './node.process.js';

export type FaultKind =
  | 'killNode'
  | 'killWorker'
  | 'stopNode'
  | 'killBroker'
  | 'cut'
  | 'cutAll'
  | 'stall'
  | 'halfOpen'
  | 'delay'
  | 'storm'
  | 'slow'
  | 'roll';

/** What is tried, over and over, with other faults each time. */
export interface SetUp {
  readonly name: string;
  readonly broker: 'redis' | 'jetstream';
  readonly comeback: Comeback;
  readonly nodes: number;
  readonly clients: number;
  /** Of each kind. */
  readonly rooms: number;
  /** Broadcasts a second, in all rooms. */
  readonly rate: number;
  readonly seconds: number;
  /** Bytes of a message: one of these. */
  readonly sizes: readonly [number, ...number[]];
  readonly always: readonly FaultKind[];
  readonly sometimes: readonly FaultKind[];
  /** How many go wrong. */
  readonly faults: number;
  /** Packets of the nodes, and of those that replace them. */
  readonly packets: readonly [Packets, Packets];
  /** Whether messages may be lost: gaps are told then. */
  readonly mayLose: boolean;
  readonly presence: boolean;
  /** Which part of the broadcasts is in rooms with history. Default: three quarters. */
  readonly keptShare?: number;
  /** Whether slow readers must fall behind what the kernel holds for them, and keep their connections. */
  readonly fallsBehind?: boolean;
  /** How many seeds it gets where nobody asks for more. */
  readonly usual: number;
}

/** What loses nothing. */
const HARMLESS: readonly FaultKind[] = [
  'killNode',
  'killWorker',
  'stopNode',
  'killBroker',
  'cut',
  'cutAll',
  'stall',
  'halfOpen',
  'delay',
  'storm',
  'slow',
  'roll',
];

const kept = {
  comeback: 'kept',
  nodes: 3,
  clients: 200,
  rooms: 10,
  rate: 60,
  seconds: 20,
  sizes: [200, 200, 2_000, 16_000],
  always: [],
  sometimes: HARMLESS,
  faults: 4,
  // While nodes of both run, each reads what the other writes.
  packets: ['read', 'next'],
  mayLose: false,
  presence: true,
  usual: 1,
} as const satisfies Omit<SetUp, 'name' | 'broker'>;

const lost = {
  ...kept,
  always: ['killBroker'],
  faults: 3,
  mayLose: true,
  usual: 1,
  seconds: 15,
} as const;

/** 2,000 clients that all come back at once. */
const storm = {
  ...kept,
  clients: 2_000,
  rooms: 100,
  rate: 20,
  seconds: 8,
  sizes: [200],
  always: ['storm', 'killNode'],
  sometimes: [],
  faults: 2,
  usual: 1,
} as const;

/** More than the 5 MB that the kernel and the socket hold for a reader that pauses: 1.4 MB/s for each room. */
const slow = {
  ...kept,
  clients: 20,
  rooms: 2,
  rate: 30,
  seconds: 12,
  sizes: [100_000],
  always: ['slow'],
  sometimes: [],
  faults: 1,
  // Rooms without history end connections that are too slow.
  keptShare: 0.95,
  fallsBehind: true,
} as const;

export const SET_UPS: readonly SetUp[] = [
  { name: 'redis', broker: 'redis', ...kept },
  { name: 'jetstream', broker: 'jetstream', ...kept },
  { name: 'redis-empty', broker: 'redis', ...lost, comeback: 'empty' },
  { name: 'redis-replica', broker: 'redis', ...lost, comeback: 'replica' },
  { name: 'redis-storm', broker: 'redis', ...storm },
  { name: 'redis-slow', broker: 'redis', ...slow },
  { name: 'jetstream-empty', broker: 'jetstream', ...lost, comeback: 'empty', usual: 0 },
  // Nodes of the first version do not know the packets of those that replace them.
  {
    name: 'redis-unread',
    broker: 'redis',
    ...lost,
    always: ['roll'],
    packets: ['first', 'next'],
    usual: 0,
  },
];
