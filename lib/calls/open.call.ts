import type { OutgoingEncoder } from '../send/message.encoder.js';
import type { Cancel } from '../send/result.stream.js';
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
  /** Whether its handler is through with it, so that its id is free. */
  isSettled = false;
  /** Whether the client has its result, or the reason why there is none. */
  isAnswered = false;
  /** Whether the client wants no more of it. */
  isStopped = false;
  private isAborted = false;
  private abortion: AbortController | undefined;

  constructor(readonly id: string) {}

  /** Aborted when the client stops the call, and when its connection ends. */
  get signal(): AbortSignal {
    this.abortion ??= new AbortController();
    if (this.isAborted) this.abortion.abort();
    return this.abortion.signal;
  }

  /** What still runs of it is told; what it gives afterwards is dropped. */
  stop(): void {
    if (this.isStopped) return;
    this.isStopped = true;
    this.cancel?.();
    this.abort();
  }

  /** For those who listen to its signal. */
  abort(): void {
    this.isAborted = true;
    this.abortion?.abort();
  }

  encoderOf(kind: OutgoingKind, encode: OutgoingEncoder): OutgoingEncoder {
    return answerEncoder(headerOf(kind, this.id), encode);
  }
}
