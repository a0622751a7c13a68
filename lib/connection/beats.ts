import { AsyncResource } from 'node:async_hooks';
import { contained, type FaultOwner } from '../errors/contained.js';

/** What beats see of a connection. */
export interface BeatPeer extends FaultOwner {
  /** Messages that it was sent so far. */
  readonly sentMessages: number;
  /** Sends a message of nothing. @returns False where it must not be sent one now. */
  sendBeat(): boolean;
}

/** What was seen of a peer at the last look. */
interface Silence {
  sent: number;
  /** Looks in a row that saw nothing new. */
  looks: number;
}

/** Looks at a peer in one interval: a beat comes up to one of these parts late. */
const LOOKS = 4;

/** Parts of the time between two looks over which the peers are spread. */
const SLOTS = 4;

/**
 * Sends an empty message to each connection that was sent nothing for an interval. One timer for all that have the same
 * interval, and no work when a message is sent.
 */
export class Beats {
  private readonly slots = Array.from({ length: SLOTS }, () => new Map<BeatPeer, Silence>());
  private readonly tick: number;
  /** The timer runs in nobody's asynchronous context: that of the first client would live as long as the timer. */
  private readonly scope = new AsyncResource('NestjsRevaliWsBeats');
  private size = 0;
  private added = 0;
  private turn = 0;
  private timer: NodeJS.Timeout | undefined;

  /** @param interval Milliseconds without a message. */
  constructor(interval: number) {
    this.tick = Math.ceil(interval / (LOOKS * SLOTS));
  }

  /** @returns The release, to be called once or more often. */
  add(peer: BeatPeer): () => void {
    // The slot served last is served again one round from now; the next peers get the slots before it in turn.
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

/** One for each interval, however many routes and connections use it. */
export class BeatPool {
  private readonly beats = new Map<number, Beats>();

  get(interval: number | false): Beats | undefined {
    if (interval === false) return undefined;
    const beats = this.beats.get(interval) ?? new Beats(interval);
    this.beats.set(interval, beats);
    return beats;
  }
}
