import { AsyncResource } from 'node:async_hooks';
import { contained, type FaultOwner } from '../errors/contained.js';

/** The view that beats have of a connection. */
export interface BeatPeer extends FaultOwner {
  /** Number of messages sent to it so far. */
  readonly sentMessages: number;
  /** Sends an empty message. @returns False if the peer must not get one now. */
  sendBeat(): boolean;
}

/** What the last check saw of a peer. */
interface Silence {
  sent: number;
  /** Consecutive checks that saw nothing new. */
  looks: number;
}

/** Checks of a peer in one interval: a beat is late by up to one of these parts. */
const LOOKS = 4;

/** The peers are spread over this many parts of the time between two checks. */
const SLOTS = 4;

/**
 * Sends an empty message to each connection that got no message for an interval. One timer serves all connections with
 * the same interval, and sending a message costs nothing extra.
 */
export class Beats {
  private readonly slots = Array.from({ length: SLOTS }, () => new Map<BeatPeer, Silence>());
  private readonly tick: number;
  /**
   * Keeps the timer out of the first client's asynchronous context, which would otherwise live as long as the timer.
   */
  private readonly scope = new AsyncResource('NestjsRevaliWsBeats');
  private size = 0;
  private added = 0;
  private turn = 0;
  private timer: NodeJS.Timeout | undefined;

  /** @param interval Milliseconds without a message. */
  constructor(interval: number) {
    this.tick = Math.ceil(interval / (LOOKS * SLOTS));
  }

  /** @returns Removes the peer; may be called more than once. */
  add(peer: BeatPeer): () => void {
    // The slot served last is served again one round from now; new peers get the slots before it in turn.
    const slot = this.slots[(this.turn + this.added) % SLOTS];
    this.added = (this.added + SLOTS - 1) % SLOTS;
    slot?.set(peer, { sent: peer.sentMessages, looks: 0 });
    this.size += 1;
    this.timer ??= this.scope.runInAsyncScope(this.start);
    return () => {
      if (slot?.delete(peer)) this.onRemoved();
    };
  }

  private onRemoved(): void {
    this.size -= 1;
    if (this.size > 0) return;
    clearInterval(this.timer);
    this.timer = undefined;
  }

  private readonly start = (): NodeJS.Timeout => setInterval(this.onTick, this.tick);

  private readonly onTick = (): void => {
    this.turn += 1;
    const slot = this.slots[this.turn % SLOTS];
    for (const [peer, silence] of slot ?? []) contained(peer, () => look(peer, silence));
  };
}

function look(peer: BeatPeer, silence: Silence): void {
  const { sentMessages } = peer;
  if (sentMessages !== silence.sent) {
    silence.sent = sentMessages;
    silence.looks = 0;
    return;
  }
  silence.looks += 1;
  if (silence.looks >= LOOKS && peer.sendBeat()) silence.looks = 0;
}

/** Shares one instance per interval among all routes and connections. */
export class BeatPool {
  private readonly beats = new Map<number, Beats>();

  get(interval: number | false): Beats | undefined {
    if (interval === false) return undefined;
    const beats = this.beats.get(interval) ?? new Beats(interval);
    this.beats.set(interval, beats);
    return beats;
  }
}
