interface Event {
  readonly at: number;
  readonly order: number;
  readonly run: () => void;
  readonly interval: number | undefined;
  isOver: boolean;
}

/** What `setTimeout()` returns while the clock is installed. */
export class VirtualTimer {
  constructor(
    private readonly clock: VirtualClock,
    private readonly event: Event,
  ) {}

  unref(): this {
    return this;
  }

  ref(): this {
    return this;
  }

  hasRef(): boolean {
    return true;
  }

  cancel(): void {
    this.clock.cancel(this.event);
  }
}

const realTurn = setImmediate;
const REPLACED = [
  'setTimeout',
  'setInterval',
  'setImmediate',
  'clearTimeout',
  'clearInterval',
  'clearImmediate',
] as const;

/** Time that passes when it is told to: one event after the other, with all its promises before the next. */
export class VirtualClock {
  now = 1_700_000_000_000;
  /** Timers that are neither over nor cleared. */
  pending = 0;
  /** How many have been. */
  events = 0;
  private readonly heap: Event[] = [];
  private orders = 0;

  at(time: number, run: () => void, interval?: number): VirtualTimer {
    this.orders += 1;
    const event: Event = {
      at: Math.max(time, this.now),
      order: this.orders,
      run,
      interval,
      isOver: false,
    };
    this.pending += 1;
    this.push(event);
    return new VirtualTimer(this, event);
  }

  after(ms: number, run: () => void): VirtualTimer {
    return this.at(this.now + ms, run);
  }

  cancel(event: Event): void {
    if (event.isOver) return;
    event.isOver = true;
    this.pending -= 1;
  }

  async advance(ms: number): Promise<void> {
    const end = this.now + ms;
    await settle();
    for (let event = this.heap[0]; event && event.at <= end; event = this.heap[0]) {
      this.pop();
      if (event.isOver) continue;
      this.now = event.at;
      this.events += 1;
      this.cancel(event);
      if (event.interval !== undefined) this.repeat(event, event.interval);
      else event.run();
      // oxlint-disable-next-line no-await-in-loop -- what it brings about comes before the next
      await settle();
    }
    this.now = end;
  }

  /** Takes the place of the real one. @returns Its end. */
  install(): () => void {
    const real = REPLACED.map((name) => [name, Reflect.get(globalThis, name)] as const);
    const realNow = Date.now;
    const realPerformance = Object.getOwnPropertyDescriptor(performance, 'now');
    const timer = (run: (...args: unknown[]) => void, ms = 0, ...args: unknown[]): VirtualTimer =>
      this.at(this.now + ms, () => run(...args));
    const clear = (given: unknown): void => {
      if (given instanceof VirtualTimer) given.cancel();
    };
    Object.assign(globalThis, {
      setTimeout: timer,
      setInterval: (run: () => void, ms: number) => this.at(this.now + ms, run, ms),
      setImmediate: (run: (...args: unknown[]) => void, ...args: unknown[]) =>
        timer(run, 0, ...args),
      clearTimeout: clear,
      clearInterval: clear,
      clearImmediate: clear,
    });
    Date.now = () => this.now;
    const now = { value: () => this.now, configurable: true, writable: true };
    Object.defineProperty(performance, 'now', now);
    return () => {
      for (const [name, value] of real) Reflect.set(globalThis, name, value);
      Date.now = realNow;
      if (realPerformance) Object.defineProperty(performance, 'now', realPerformance);
      else Reflect.deleteProperty(performance, 'now');
    };
  }

  private repeat(event: Event, interval: number): void {
    // The same event, so that whoever has the timer can clear it.
    const next = Object.assign(event, { at: event.at + interval, isOver: false });
    this.pending += 1;
    this.push(next);
    event.run();
  }

  private push(event: Event): void {
    const { heap } = this;
    let index = heap.push(event) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = heap[parent];
      if (!above || !isBefore(event, above)) break;
      heap[index] = above;
      index = parent;
    }
    heap[index] = event;
  }

  private pop(): void {
    const { heap } = this;
    const last = heap.pop();
    if (!last || heap.length === 0) return;
    let index = 0;
    for (;;) {
      const left = 2 * index + 1;
      const [one, other] = [heap[left], heap[left + 1]];
      if (!one) break;
      const child = other && isBefore(other, one) ? left + 1 : left;
      const least = heap[child];
      if (!least || !isBefore(least, last)) break;
      heap[index] = least;
      index = child;
    }
    heap[index] = last;
  }
}

const isBefore = (one: Event, other: Event): boolean =>
  one.at < other.at || (one.at === other.at && one.order < other.order);

/** All promises that can go on, have. */
const settle = (): Promise<void> => new Promise<void>((resolve) => realTurn(resolve));
