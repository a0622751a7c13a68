import type { Payload } from './message.format.js';

/** A message on its way out. */
export interface Outgoing {
  readonly message: unknown;
  payload: Payload;
  /** Header of `revali.v1`; empty if the message is not part of a call. */
  readonly header: string;
  /** Time by the environment's clock. */
  readonly since: number;
  /** Whether a socket has it. */
  isWritten: boolean;
  /** How that ended. */
  readonly sent: Promise<void>;
  /** Told of what comes after that. Default: an error of the connection. */
  onLate: (error: unknown) => void;
  /** Tells its sender. */
  settle(...error: [] | [reason: unknown]): void;
}

/** Limits of what waits. */
export interface QueueLimits {
  /** Default: 100. */
  readonly messages: number;
  /** Bytes, or characters of text. Default: 1 MiB. */
  readonly bytes: number;
  /** Milliseconds. Default: 30 s. */
  readonly age: number;
}
