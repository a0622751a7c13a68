/** Milliseconds until an expired lease is checked again. */
const RETRY = 2_000;

/** Milliseconds that a timer can wait. */
const LONGEST_WAIT = 2 ** 31 - 2;

/** The lease of one node, as known here. */
export interface Lease {
  /** The sequence of its record. */
  readonly sequence: number;
  /** By `performance.now()`. */
  readonly until: number;
}

export interface NodeLeasesParts {
  /** A lease seems to have expired. */
  readonly onExpired: (node: string, lease: Lease) => void;
}

/** The duration of each lease according to renewals. Time is measured locally, so clocks need not agree. */
export class NodeLeases {
  private readonly leases = new Map<string, Lease>();
  /** Until when expired leases are left to someone else, by `performance.now()`. */
  private readonly pauses = new Map<string, number>();
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly parts: NodeLeasesParts) {}

  get(node: string): Lease | undefined {
    return this.leases.get(node);
  }

  isAlive(node: string): boolean {
    const lease = this.leases.get(node);
    return lease !== undefined && performance.now() < lease.until;
  }

  /** @param ms From now on. */
  see(node: string, sequence: number, ms: number): void {
    const known = this.leases.get(node);
    if (known && known.sequence >= sequence) return;
    this.leases.set(node, { sequence, until: performance.now() + ms });
    this.schedule();
  }

  forget(node: string): void {
    this.leases.delete(node);
    this.pauses.delete(node);
  }

  clear(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.leases.clear();
    this.pauses.clear();
  }

  /** One timer, for the first lease to expire. */
  private schedule(): void {
    clearTimeout(this.timer);
    let first = Infinity;
    for (const [node, { until }] of this.leases)
      first = Math.min(first, Math.max(until, this.pauses.get(node) ?? 0));
    if (first === Infinity) return;
    const wait = Math.min(LONGEST_WAIT, Math.max(0, first - performance.now()));
    this.timer = setTimeout(() => this.look(), wait + 1).unref();
  }

  private look(): void {
    const now = performance.now();
    for (const [node, lease] of this.leases) {
      if (lease.until > now || (this.pauses.get(node) ?? 0) > now) continue;
      this.pauses.set(node, now + RETRY);
      this.parts.onExpired(node, lease);
    }
    this.schedule();
  }
}
