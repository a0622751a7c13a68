import type { OutgoingEncoder } from '../send/message.encoder.js';
import type { Cancel } from '../send/result.stream.js';
import { nothing } from '../values/nothing.js';
import { headerOf, type OutgoingKind } from './call.header.js';
import { answerEncoder } from './headed.encoder.js';

/** A question of a client, from its coming to its answer. */
export class OpenCall {
  /** Stops the stream that the handler gave, while one runs. */
  cancel: Cancel | undefined;
  /** Whether its handler has been called. */
  isRunning = false;
  /** Whether the handler gave a stream: its client gets items and their end. */
  isStream = false;
  /** Whether what is delivered from now on says why it failed. */
  isFailing = false;
  /** Whether the client has its result, its end, or the reason why there is none: its id is free again. */
  isAnswered = false;
  /** Whether the client wants no more of it. */
  isStopped = false;
  /** Settles when there is room for more behind the answer to a stop. */
  room: Promise<void> | undefined;
  private abortion: AbortController | undefined;
  private isAborted = false;
  /** What the handler still does, where nobody waits for it any more. */
  private work: Set<Promise<unknown>> | undefined;

  constructor(
    readonly id: string,
    private readonly onAnswered: (call: OpenCall) => void,
  ) {}

  /** Aborted when the client stops the call, and when its connection ends, even if it was answered before. */
  get signal(): AbortSignal {
    this.abortion ??= new AbortController();
    if (this.isAborted) this.abortion.abort();
    return this.abortion.signal;
  }

  /** Where somebody has its signal, and nothing has aborted it yet. */
  get openAbortion(): AbortController | undefined {
    return this.isAborted ? undefined : this.abortion;
  }

  answered(): void {
    this.isAnswered = true;
    this.onAnswered(this);
  }

  /** What still runs of it is told; what it gives afterwards is dropped. */
  stop(): void {
    if (this.isStopped) return;
    this.isStopped = true;
    // A value comes by itself, and interceptors may still be at work.
    const cleanedUp = this.isStream ? this.cancel?.() : undefined;
    if (cleanedUp) this.track(cleanedUp);
    this.abort();
  }

  /** For those who listen to its signal. */
  abort(): void {
    this.isAborted = true;
    this.abortion?.abort();
  }

  /** What goes on when nobody waits for it any more: it keeps the turn of a stopped call. */
  track(work: Promise<unknown>): void {
    const forget = (): void => {
      this.work?.delete(work);
    };
    (this.work ??= new Set()).add(work);
    work.then(forget, forget);
  }

  /** @returns `undefined` where nothing is under way. */
  untilQuiet(): Promise<void> | undefined {
    if (!this.isStopped) return undefined;
    const waits = [...(this.work ?? []), ...(this.room ? [this.room] : [])];
    return waits.length > 0 ? Promise.allSettled(waits).then(nothing) : undefined;
  }

  encoderOf(kind: OutgoingKind, encode: OutgoingEncoder): OutgoingEncoder {
    return answerEncoder(headerOf(kind, this.id), encode);
  }
}
