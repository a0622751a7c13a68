import type { OutgoingEncoder } from '../send/message.encoder.js';
import type { Invocation } from './invocation.js';

/** What sending the results of a route needs. */
export interface DeliveryParts {
  /** Encodes what answers a call; a connection encodes its own messages. */
  readonly encode: OutgoingEncoder;
  /** False in receive-only routes: results are dropped. */
  readonly sendsResults: boolean;
  /** Whether interceptors make a stream of every result. */
  readonly isPiped: boolean;
  readonly onResultDropped: () => void;
  /** Opens a stream as part of its call. */
  readonly runStream: <T>(invocation: Invocation, open: () => T) => T;
}

/** Where the items of one stream go. */
export interface ItemReceiver {
  /** Takes an item of a generator, which waits for the promise. */
  pulled(item: unknown): Promise<void> | undefined;
  /** Takes one of an Observable, which cannot be paused. */
  pushed(item: unknown): void;
  /** @returns When what was kept back is on its way. */
  complete(): Promise<void> | undefined;
  /** The stream has failed. */
  fail(): void;
}

export function isToSend(parts: DeliveryParts, item: unknown, { call }: Invocation): boolean {
  if (item === undefined) return false;
  // Why a call has failed is told in any case.
  if (parts.sendsResults || call?.isFailing === true) return true;
  parts.onResultDropped();
  return false;
}
