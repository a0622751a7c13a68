import type { Payload } from './message.format.js';

/** A message on its way out. */
export interface Outgoing {
  readonly message: unknown;
  payload: Payload;
  /** Header of `revali.v1`; empty if the message is not part of a call. */
  readonly header: string;
  /** Time by the environment's clock. */
  readonly since: number;
  /** Whether the message is on a socket. */
  isWritten: boolean;
  /** Settles when the message is sent or refused. */
  readonly sent: Promise<void>;
  /** Called for errors after that. Default: an `error` event of the connection. */
  onLate: (error: unknown) => void;
  /** Settles `sent`. */
  settle(...error: [] | [reason: unknown]): void;
}

/** Limits of the messages that wait. */
export interface QueueLimits {
  /** Default: 100. */
  readonly messages: number;
  /** Bytes, or characters of text. Default: 1 MiB. */
  readonly bytes: number;
  /** Milliseconds. Default: 30 s. */
  readonly age: number;
}
