import { isObservable } from 'rxjs';
import type { Invocation } from './invocation.js';
import type { OutgoingEncoder } from '../send/message.encoder.js';
import {
  isThenable,
  pull,
  pullSourceOf,
  subscribe,
  type ItemConsumer,
  type RunningStream,
} from '../send/result.stream.js';
import type { SendQueue } from '../send/send.queue.js';

/** Sends a result: a value, the promise of one, or the items of a stream. */
export type Delivery = (result: unknown, invocation: Invocation) => Promise<void> | undefined;

export interface DeliveryParts {
  readonly encode: OutgoingEncoder;
  /** False in receive-only routes: results are dropped. */
  readonly sendsResults: boolean;
  readonly onResultDropped: () => void;
  /** Opens a stream as part of its call. */
  readonly runStream: <T>(invocation: Invocation, open: () => T) => T;
}

export function createDelivery(parts: DeliveryParts): Delivery {
  const deliver: Delivery = (result, invocation) => {
    if (result === undefined) return undefined;
    const { queue } = invocation.connection;
    if (typeof result === 'object' && result !== null) {
      if (isThenable(result))
        return Promise.resolve(result).then((value) => deliver(value, invocation));
      const open = streamOpener(result, parts, queue);
      if (open) return untilDone(parts.runStream(invocation, open), invocation);
    }
    sendResult(parts, queue, result);
    return undefined;
  };
  return deliver;
}

function streamOpener(
  result: object,
  parts: DeliveryParts,
  queue: SendQueue,
): (() => RunningStream) | undefined {
  if (isObservable(result)) return () => subscribe(result, pushedItemConsumer(parts, queue));
  const source = pullSourceOf(result);
  return source && (() => pull(source, pulledItemConsumer(parts, queue)));
}

/** A generator is paused above the mark, whatever the policy: only pushed messages are dropped or closed for. */
function pulledItemConsumer(parts: DeliveryParts, queue: SendQueue): ItemConsumer {
  return (item) => {
    if (isToSend(parts, item)) return queue.sendPulled(parts.encode, item);
    return queue.ready();
  };
}

/** An Observable cannot be paused. Mostly it is one value that has passed interceptors, and as good as a result. */
function pushedItemConsumer(parts: DeliveryParts, queue: SendQueue): ItemConsumer {
  let isFirst = true;
  return (item) => {
    if (isFirst) sendResult(parts, queue, item);
    else if (isToSend(parts, item)) void queue.send(parts.encode, item);
    isFirst = false;
    return undefined;
  };
}

function sendResult(parts: DeliveryParts, queue: SendQueue, result: unknown): void {
  if (isToSend(parts, result)) queue.sendResult(parts.encode, result);
}

function isToSend(parts: DeliveryParts, item: unknown): boolean {
  if (item === undefined) return false;
  if (!parts.sendsResults) parts.onResultDropped();
  return parts.sendsResults;
}

async function untilDone(stream: RunningStream, invocation: Invocation): Promise<void> {
  if (invocation.connection.hasEnded) stream.cancel();
  invocation.cancel = stream.cancel;
  try {
    await stream.done;
  } finally {
    invocation.cancel = undefined;
  }
}
