import type { ResolvedRouteOptions } from '../options/revali-ws.options.resolver.js';

export interface LoopLimits {
  /** Messages handled at once. */
  readonly concurrency: number;
  /** Messages received but not yet started. */
  readonly maxQueuedMessages: number;
  /** Bytes of such messages that may be kept, decoded or not. */
  readonly maxQueuedBytes: number;
}

/** For a `maxPayload` that would not fit even a small queue. */
const MIN_QUEUED_BYTES = 64 * 1024;

/** The limits of a route's loops. */
export function loopLimitsOf(
  { concurrency, maxPayload }: ResolvedRouteOptions,
  maxQueuedMessages: number,
): LoopLimits {
  const maxQueuedBytes = Math.max(maxPayload, MIN_QUEUED_BYTES);
  return { concurrency, maxQueuedMessages, maxQueuedBytes };
}
