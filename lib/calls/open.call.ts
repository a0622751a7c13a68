import type { OutgoingEncoder } from '../send/message.encoder.js';
import type { Cancel } from '../send/result.stream.js';
import { nothing } from '../values/nothing.js';
import { headerOf, type OutgoingKind } from './call.header.js';
import { answerEncoder } from './headed.encoder.js';

/** A client's call, from its arrival to its answer. */
export class OpenCall {
  /** Stops the handler's stream while one runs. */
  cancel: Cancel | undefined;
  /** Whether its handler has been called. */
  isRunning = false;
  /** Whether the handler returned a stream: its client gets items and their end. */
  isStream = false;
  /** Whether deliveries from now on say why it failed. */
  isFailing = false;
  /** Whether the client has its result, its end, or the reason why there is none: its id is free again. */
  isAnswered = false;
  /** Whether the client wants no more of it. */
  isStopped = false;
  /** Settles when there is room for more after the answer to a stop. */
  room: Promise<void> | undefined;
  private abortion: AbortController | undefined;
  private isAborted = false;
  /** What the handler still does after nobody waits for it. */
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

  /** Present if someone has its signal and nothing has aborted it yet. */
  get openAbortion(): AbortController | undefined {
    return this.isAborted ? undefined : this.abortion;
  }

  answered(): void {
    this.isAnswered = true;
    this.onAnswered(this);
  }

  /** Aborts whatever still runs; later results are dropped. */
  stop(): void {
    if (this.isStopped) return;
    this.isStopped = true;
    // A value comes on its own, and interceptors may still be at work.
    const cleanedUp = this.isStream ? this.cancel?.() : undefined;
    if (cleanedUp) this.track(cleanedUp);
    this.abort();
  }

  /** For listeners of its signal. */
  abort(): void {
    this.isAborted = true;
    this.abortion?.abort();
  }

  /** Work that continues after nobody waits for it: it keeps the turn of a stopped call. */
  track(work: Promise<unknown>): void {
    const forget = (): void => {
      this.work?.delete(work);
    };
    (this.work ??= new Set()).add(work);
    work.then(forget, forget);
  }

  /** @returns `undefined` if nothing is in progress. */
  untilQuiet(): Promise<void> | undefined {
    if (!this.isStopped) return undefined;
    const waits = [...(this.work ?? []), ...(this.room ? [this.room] : [])];
    return waits.length > 0 ? Promise.allSettled(waits).then(nothing) : undefined;
  }

  encoderOf(kind: OutgoingKind, encode: OutgoingEncoder): OutgoingEncoder {
    return answerEncoder(headerOf(kind, this.id), encode);
  }
}
