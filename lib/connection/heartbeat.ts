/**
 * Longest time, in ms, without reading from a client at all: what is not read shows neither close nor pong, and
 * nobody can tell whether the client is still there.
 */
export const MAX_PAUSE = 5 * 60_000;

/** What the heartbeat sees of a connection. */
export interface HeartbeatPeer {
  /** Reads what waits unread, where it may: called before each ping, while reading is paused. */
  peek(): void;
  /** Sends a ping. */
  ping(): void;
  /** Whether the server itself has stopped reading, so that no pong can be seen. */
  readonly isReadingPaused: boolean;
  /** The pong did not come in time. */
  onHeartbeatLost(): void;
  /** For the heartbeat alone. */
  heartbeatSlot: HeartbeatSlot | undefined;
  /** For the heartbeat alone: the place in the slot. A set would take 33 bytes a peer instead of these 8. */
  heartbeatPlace: number;
}

/** Peers that are pinged together. */
export type HeartbeatSlot = HeartbeatPeer[];

interface Beat {
  readonly peer: HeartbeatPeer;
  /** Turn of the wheel in which the pong is overdue. */
  readonly dueTurn: number;
}

/** Parts of the interval: pings are spread over it instead of leaving in one burst. */
const SLOTS = 16;

/**
 * Pings all connections that have the same interval and timeout, with one timer. Time is counted in turns of that
 * timer: where the event loop stood still for seconds one turn has passed, and no client is held dead for the
 * server's own stall.
 */
export class Heartbeat {
  private readonly slots: HeartbeatSlot[] = Array.from({ length: SLOTS }, () => []);
  private size = 0;
  private readonly awaiting = new Map<HeartbeatPeer, Beat>();
  private readonly tick: number;
  private readonly timeoutTurns: number;
  private turn = 0;
  private added = 0;
  private timer: NodeJS.Timeout | undefined;

  /** @param interval Milliseconds between two pings. @param timeout Milliseconds that a pong may take. */
  constructor(interval: number, timeout: number) {
    this.tick = Math.max(1, interval / SLOTS);
    this.timeoutTurns = Math.max(1, Math.ceil(timeout / this.tick));
  }

  /** To be followed by {@link remove}. */
  add(peer: HeartbeatPeer): void {
    // The slot served last is served again one interval from now; the next peers get the slots before it in turn.
    const slot = this.slots[(this.turn + this.added) % SLOTS] ?? [];
    this.added = (this.added + SLOTS - 1) % SLOTS;
    peer.heartbeatSlot = slot;
    peer.heartbeatPlace = slot.push(peer) - 1;
    this.size += 1;
    // After the sockets were read: pongs that came while the event loop stood still are there.
    this.timer ??= setInterval(() => setImmediate(this.onTick), this.tick);
  }

  /** Once or more often. */
  remove(peer: HeartbeatPeer): void {
    const { heartbeatSlot: slot, heartbeatPlace: place } = peer;
    if (!slot) return;
    const last = slot.pop();
    if (last && last !== peer) {
      slot[place] = last;
      last.heartbeatPlace = place;
    }
    peer.heartbeatSlot = undefined;
    this.awaiting.delete(peer);
    this.size -= 1;
    if (this.size > 0) return;
    clearInterval(this.timer);
    this.timer = undefined;
  }

  onPong(peer: HeartbeatPeer): void {
    this.awaiting.delete(peer);
  }

  /** A pong may wait behind what could not be read in time: the next ping asks anew. */
  onReadingResumed(peer: HeartbeatPeer): void {
    this.awaiting.delete(peer);
  }

  private readonly onTick = (): void => {
    this.turn += 1;
    this.loseOverdue();
    const slot = this.slots[this.turn % SLOTS] ?? [];
    // A ping may end its peer at once, and others with it.
    for (const peer of slot.slice()) if (peer.heartbeatSlot === slot) this.beat(peer);
  };

  /** In the order of their pings, and so of their deadlines. */
  private loseOverdue(): void {
    for (const { peer, dueTurn } of this.awaiting.values()) {
      if (dueTurn > this.turn) return;
      this.awaiting.delete(peer);
      if (!peer.isReadingPaused) peer.onHeartbeatLost();
    }
  }

  private beat(peer: HeartbeatPeer): void {
    if (peer.isReadingPaused) peer.peek();
    // Before the ping: over an in-process socket its pong is there at once.
    if (!peer.isReadingPaused && !this.awaiting.has(peer))
      this.awaiting.set(peer, { peer, dueTurn: this.turn + this.timeoutTurns });
    peer.ping();
  }
}

/** One heartbeat per pair of interval and timeout, however many routes and connections use it. */
export class HeartbeatPool {
  private readonly heartbeats = new Map<string, Heartbeat>();

  get(
    ping: { readonly interval: number; readonly timeout: number } | false,
  ): Heartbeat | undefined {
    if (ping === false) return undefined;
    const key = `${ping.interval}/${ping.timeout}`;
    const heartbeat = this.heartbeats.get(key) ?? new Heartbeat(ping.interval, ping.timeout);
    this.heartbeats.set(key, heartbeat);
    return heartbeat;
  }
}
