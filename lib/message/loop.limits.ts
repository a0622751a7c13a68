import type { ResolvedRouteOptions } from '../options/revali-ws.options.resolver.js';

export interface LoopLimits {
  /** Messages handled at once. */
  readonly concurrency: number;
  /** Messages received and not yet started. */
  readonly maxQueuedMessages: number;
  /** Bytes that may be kept of such messages, decoded or not. */
  readonly maxQueuedBytes: number;
}

/** Where not even a small queue would fit into `maxPayload`. */
const MIN_QUEUED_BYTES = 64 * 1024;

/** Those of a route's loops. */
export function loopLimitsOf(
  { concurrency, maxPayload }: ResolvedRouteOptions,
  maxQueuedMessages: number,
): LoopLimits {
  const maxQueuedBytes = Math.max(maxPayload, MIN_QUEUED_BYTES);
  return { concurrency, maxQueuedMessages, maxQueuedBytes };
}
