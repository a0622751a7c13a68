import { AsyncResource } from 'node:async_hooks';
import { contained, type FaultOwner } from '../errors/contained.js';
import type { LifeSigns } from '../ws/socket.vitals.js';
import { Beat, type BeatClock } from './heartbeat.beat.js';

/**
 * Longest time, in ms, without reading from a client at all. Unread data hides both close and pong, so nobody can tell
 * whether the client is still there.
 */
export const MAX_PAUSE = 5 * 60_000;

/** The heartbeat's view of a connection. */
export interface HeartbeatPeer extends FaultOwner {
  /** Reads waiting data if allowed. Called before each ping while reading is paused. */
  peek(): void;
  /** Sends a ping. Only a pong with the same payload answers it. */
  ping(payload: Buffer | undefined): void;
  /** Whether the server itself has stopped reading, so that it cannot see a pong. */
  readonly isReadingPaused: boolean;
  readonly lifeSigns: LifeSigns;
  /** The pong did not come in time. */
  onHeartbeatLost(): void;
  /** Used only by the heartbeat. */
  heartbeatSlot: HeartbeatSlot | undefined;
  /** Used only by the heartbeat: the index in the slot. A set would take 33 bytes per peer instead of these 8. */
  heartbeatPlace: number;
}

/** Peers that are pinged together. */
export type HeartbeatSlot = HeartbeatPeer[];

/** The interval has this many parts: pings are spread over it instead of leaving in one burst. */
const SLOTS = 16;

/** Pings in one turn of the event loop: about a millisecond. */
const PINGS_PER_TURN = 64;

/**
 * Pings all connections that have the same interval and timeout with one timer. Time is counted in turns of that timer:
 * if the event loop stalls for seconds, only one turn passes, and no client is declared dead for the server's own
 * stall.
 */
export class Heartbeat implements BeatClock {
  /** Turns that have passed. */
  turn = 0;
  readonly patience: number;
  readonly mostPatience: number;
  private readonly slots: HeartbeatSlot[] = Array.from({ length: SLOTS }, () => []);
  private size = 0;
  private readonly awaiting = new Map<HeartbeatPeer, Beat>();
  private readonly tick: number;
  /**
   * Keeps the timer out of the first client's asynchronous context, which would otherwise live as long as the timer.
   */
  private readonly scope = new AsyncResource('NestjsRevaliWsHeartbeat');
  private added = 0;
  private timer: NodeJS.Timeout | undefined;

  /** @param interval Milliseconds between two pings. @param timeout Milliseconds that a pong may take. */
  constructor(interval: number, timeout: number) {
    this.tick = Math.max(1, interval / SLOTS);
    this.patience = Math.max(1, Math.ceil(timeout / this.tick));
    this.mostPatience = Math.ceil(MAX_PAUSE / this.tick);
  }

  /** Call {@link remove} afterwards. */
  add(peer: HeartbeatPeer): void {
    // The slot served last is served again one interval from now; new peers get the slots before it in turn.
    const slot = this.slots[(this.turn + this.added) % SLOTS] ?? [];
    this.added = (this.added + SLOTS - 1) % SLOTS;
    peer.heartbeatSlot = slot;
    peer.heartbeatPlace = slot.push(peer) - 1;
    this.size += 1;
    this.timer ??= this.scope.runInAsyncScope(this.start);
  }

  /** May be called more than once. */
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

  /** @returns Whether it answers a ping: an unsolicited pong proves nothing. */
  onPong(peer: HeartbeatPeer, payload: Buffer): boolean {
    return this.awaiting.get(peer)?.nonce.equals(payload) === true && this.awaiting.delete(peer);
  }

  /** A pong may wait behind data that was not read in time: the next ping starts over. */
  onReadingResumed(peer: HeartbeatPeer): void {
    this.awaiting.delete(peer);
  }

  /** Runs after the sockets were read, so that it sees pongs that came while the event loop was stalled. */
  private readonly start = (): NodeJS.Timeout =>
    setInterval(() => setImmediate(this.onTick), this.tick);

  private readonly onTick = (): void => {
    this.turn += 1;
    for (const [peer, beat] of this.awaiting) {
      if (beat.dueTurn <= this.turn) contained(peer, () => this.judge(peer, beat));
    }
    const slot = this.slots[this.turn % SLOTS] ?? [];
    this.beatFrom(0, slot, slot.slice());
  };

  /** Many peers get their pings over several turns of the event loop: other work comes in between. */
  private beatFrom(start: number, slot: HeartbeatSlot, peers: readonly HeartbeatPeer[]): void {
    const end = start + PINGS_PER_TURN;
    for (const peer of peers.slice(start, end)) {
      // A ping may end its peer at once, and others with it.
      if (peer.heartbeatSlot === slot) contained(peer, this.beat);
    }
    if (end < peers.length && this.size > 0) setImmediate(() => this.beatFrom(end, slot, peers));
  }

  private judge(peer: HeartbeatPeer, beat: Beat): void {
    if (!peer.isReadingPaused && beat.look(peer.lifeSigns, this)) return;
    this.awaiting.delete(peer);
    if (!peer.isReadingPaused) peer.onHeartbeatLost();
  }

  private readonly beat = (peer: HeartbeatPeer): void => {
    if (peer.isReadingPaused) peer.peek();
    // Data found by the peek may end the peer.
    if (!peer.heartbeatSlot) return;
    // Before the ping: an in-process socket delivers its pong at once.
    peer.ping(peer.isReadingPaused ? undefined : this.awaitPong(peer));
  };

  /**
   * @returns The expected payload. It stays the same until a pong comes, because a peer may answer any of its pings.
   */
  private awaitPong(peer: HeartbeatPeer): Buffer {
    const { lifeSigns } = peer;
    const present = this.awaiting.get(peer);
    if (present) {
      present.look(lifeSigns, this);
      return present.nonce;
    }
    const beat = new Beat(lifeSigns, this);
    this.awaiting.set(peer, beat);
    return beat.nonce;
  }
}

/** Shares one heartbeat per pair of interval and timeout among all routes and connections. */
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
