import { performance } from 'node:perf_hooks';
import type { ResolvedRouteOptions } from '../options/revali-ws.options.resolver.js';

export interface TimerEvents {
  /** Whether the server itself is the reason that no message comes: calls run, or reading is paused. */
  readonly isBusy: boolean;
  /** Bytes of messages received, including incomplete messages. */
  readonly messageBytes: number;
  onIdle(): void;
  onLifetime(): void;
}

/** Checks of a client in one idle timeout. */
const LOOKS = 4;

/** The options of a route that limit time. */
type TimeOptions = Pick<ResolvedRouteOptions, 'idleTimeout' | 'maxLifetime' | 'messageRate'>;

/** The time limits of a connection; without any, there is no timer. */
export class ConnectionTimers {
  private readonly idle: NodeJS.Timeout | undefined;
  private readonly lifetime: NodeJS.Timeout | undefined;
  private idleLooks = 0;
  private bytesSeen = 0;
  private windowStart = 0;
  private inWindow = 0;
  private readonly releases: (() => void)[] = [];

  constructor(
    private readonly options: TimeOptions,
    private readonly events: TimerEvents,
  ) {
    const { idleTimeout, maxLifetime } = options;
    if (idleTimeout !== undefined) this.idle = setTimeout(() => this.look(), idleTimeout / LOOKS);
    if (maxLifetime !== undefined)
      this.lifetime = setTimeout(() => events.onLifetime(), maxLifetime);
  }

  /** @returns Whether the message is within the rate. */
  countMessage(): boolean {
    this.onActivity();
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

  /** A message came, or the last call ended: the idle timeout restarts. */
  onActivity(): void {
    if (!this.idle) return;
    this.idleLooks = 0;
    this.bytesSeen = this.events.messageBytes;
    this.idle.refresh();
  }

  /** A large message comes in pieces. */
  private look(): void {
    const { isBusy, messageBytes } = this.events;
    const isActive = isBusy || messageBytes > this.bytesSeen;
    this.bytesSeen = messageBytes;
    this.idleLooks = isActive ? 0 : this.idleLooks + 1;
    if (this.idleLooks < LOOKS) this.idle?.refresh();
    else this.events.onIdle();
  }

  /** Keeps another timed resource for the life of the connection. @param release Called once, with the others. */
  hold(release: () => void): void {
    this.releases.push(release);
  }

  release(): void {
    clearTimeout(this.idle);
    clearTimeout(this.lifetime);
    for (const release of this.releases.splice(0)) release();
  }
}

/** Whether the route sets a limit that needs timers. */
export function needsTimers({ idleTimeout, maxLifetime, messageRate }: TimeOptions): boolean {
  return idleTimeout !== undefined || maxLifetime !== undefined || messageRate !== undefined;
}
