import type { OutgoingEncoder } from '../send/message.encoder.js';
import type { Invocation } from './invocation.js';

/** What sending the results of a route needs. */
export interface DeliveryParts {
  /** Encodes answers to calls; a connection encodes its own messages. */
  readonly encode: OutgoingEncoder;
  /** False for receive-only routes: results are dropped. */
  readonly sendsResults: boolean;
  /** Whether interceptors turn every result into a stream. */
  readonly isPiped: boolean;
  readonly onResultDropped: () => void;
  /** Opens a stream as part of its call. */
  readonly runStream: <T>(invocation: Invocation, open: () => T) => T;
}

/** Receives the items of one stream. */
export interface ItemReceiver {
  /** Takes an item of a generator, which waits for the promise. */
  pulled(item: unknown): Promise<void> | undefined;
  /** Takes an item of an Observable, which cannot be paused. */
  pushed(item: unknown): void;
  /** @returns When the items that were held back have been sent. */
  complete(): Promise<void> | undefined;
  /** The stream has failed. */
  fail(): void;
}

export function isToSend(parts: DeliveryParts, item: unknown, { call }: Invocation): boolean {
  if (item === undefined) return false;
  // The reason for a failed call is always sent.
  if (parts.sendsResults || call?.isFailing === true) return true;
  parts.onResultDropped();
  return false;
}
