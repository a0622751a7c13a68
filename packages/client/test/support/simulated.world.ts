import type { SocketConstructor } from 'nestjs-revali-ws-client';
import type { Environment } from '../../lib/environment.js';

interface Planned {
  readonly at: number;
  readonly action: () => void;
}

/** Repeatable chance. */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A clock that stands still until it is told to go on, and chance that repeats. */
export class SimulatedWorld implements Environment {
  time = 0;
  readonly random: () => number;
  private readonly plans = new Map<number, Set<Planned>>();

  constructor(random: () => number) {
    this.random = random;
  }

  /** Timers that are set. */
  get pending(): number {
    let count = 0;
    for (const plans of this.plans.values()) count += plans.size;
    return count;
  }

  readonly now = (): number => this.time;

  readonly after = (ms: number, action: () => void): (() => void) => {
    const plan = { at: Math.ceil(this.time + Math.max(ms, 0)), action };
    const plans = this.plans.get(plan.at) ?? new Set();
    this.plans.set(plan.at, plans.add(plan));
    return () => plans.delete(plan);
  };

  /** Up to then, each timer at its time, with the promises that it settles. */
  async runUntil(time: number): Promise<void> {
    for (; this.time <= time; this.time += 1) {
      const plans = this.plans.get(this.time);
      if (!plans) continue;
      for (const { action } of plans) action();
      this.plans.delete(this.time);
      for (let turn = 0; turn < 5; turn += 1) await Promise.resolve();
    }
  }

  /** The machine sleeps: the clock goes on, and timers do not. */
  sleep(ms: number): void {
    const plans = [...this.plans.values()].flatMap((all) => Array.from(all));
    this.plans.clear();
    this.time += ms;
    for (const { at, action } of plans) this.after(at + ms - this.time, action);
  }
}

type Listener = (event: object) => void;

/** A socket of no network: tests say what becomes of it. */
export class FakeSocket {
  binaryType = '';
  bufferedAmount = 0;
  protocol = '';
  readyState = 0;
  readonly sent: unknown[] = [];
  private readonly listeners = new Map<string, Listener[]>();

  constructor(
    readonly url: string,
    readonly protocols: readonly string[] = [],
  ) {}

  addEventListener(type: string, listener: Listener): void {
    this.listeners.set(type, [...(this.listeners.get(type) ?? []), listener]);
  }

  send(data: unknown): void {
    this.sent.push(data);
  }

  close(code = 1005, reason = ''): void {
    this.end(code, reason);
  }

  open(): void {
    this.readyState = 1;
    this.tell('open', {});
  }

  receive(data: string): void {
    this.tell('message', { data });
  }

  end(code = 1006, reason = ''): void {
    if (this.readyState === 3) return;
    this.readyState = 3;
    this.tell('close', { code, reason });
  }

  private tell(type: string, event: object): void {
    for (const listener of this.listeners.get(type) ?? []) listener(event);
  }
}

/** A constructor of fake sockets, and those that it made. */
export function fakeSockets(onMade: (socket: FakeSocket) => void = () => undefined): {
  readonly made: FakeSocket[];
  readonly WebSocket: SocketConstructor;
} {
  const made: FakeSocket[] = [];
  class Made extends FakeSocket {
    constructor(url: string, protocols?: readonly string[]) {
      super(url, protocols);
      made.push(this);
      onMade(this);
    }
  }
  return { made, WebSocket: Made };
}
