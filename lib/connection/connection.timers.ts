import { performance } from 'node:perf_hooks';
import type { ResolvedRouteOptions } from '../revali-ws.options.resolver.js';

export interface TimerEvents {
  onIdle(): void;
  onLifetime(): void;
}

/** The limits in time that a route may set for a connection; without them there is no timer. */
export class ConnectionTimers {
  private readonly idle: NodeJS.Timeout | undefined;
  private readonly lifetime: NodeJS.Timeout | undefined;
  private windowStart = 0;
  private inWindow = 0;

  constructor(
    private readonly options: Pick<
      ResolvedRouteOptions,
      'idleTimeout' | 'maxLifetime' | 'messageRate'
    >,
    events: TimerEvents,
  ) {
    const { idleTimeout, maxLifetime } = options;
    if (idleTimeout !== undefined) this.idle = setTimeout(() => events.onIdle(), idleTimeout);
    if (maxLifetime !== undefined)
      this.lifetime = setTimeout(() => events.onLifetime(), maxLifetime);
  }

  /** @returns Whether the message is within the rate. */
  countMessage(): boolean {
    this.idle?.refresh();
    const rate = this.options.messageRate;
    if (!rate) return true;
    const now = performance.now();
    if (now - this.windowStart >= rate.per) {
      this.windowStart = now;
      this.inWindow = 0;
    }
    this.inWindow += 1;
    return this.inWindow <= rate.limit;
  }

  release(): void {
    clearTimeout(this.idle);
    clearTimeout(this.lifetime);
  }
}
