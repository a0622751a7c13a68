import { isObservable } from 'rxjs';
import type { Invocation } from '../message/invocation.js';
import type { MessageEncoder } from '../message/message.codec.js';
import {
  isThenable,
  pull,
  pullSourceOf,
  subscribe,
  type ItemConsumer,
  type RunningStream,
} from './result.stream.js';
import type { SendQueue } from './send.queue.js';

/** Sends a result: a value, the promise of one, or the items of a stream. */
export type Delivery = (result: unknown, invocation: Invocation) => Promise<void> | undefined;

export interface DeliveryParts {
  readonly encode: MessageEncoder;
  /** False in receive-only routes: results are dropped. */
  readonly sendsResults: boolean;
  readonly onResultDropped: () => void;
}

export function createDelivery(parts: DeliveryParts): Delivery {
  const deliver: Delivery = (result, invocation) => {
    if (result === undefined) return undefined;
    const { queue } = invocation.connection;
    if (typeof result !== 'object' || result === null) return sendItem(parts, queue, result);
    if (isThenable(result))
      return Promise.resolve(result).then((value) => deliver(value, invocation));
    const stream = openStream(result, parts, queue);
    return stream ? untilDone(stream, invocation) : sendItem(parts, queue, result);
  };
  return deliver;
}

function openStream(
  result: object,
  parts: DeliveryParts,
  queue: SendQueue,
): RunningStream | undefined {
  if (isObservable(result)) return subscribe(result, (item) => sendItem(parts, queue, item));
  const source = pullSourceOf(result);
  return source && pull(source, pulledItemConsumer(parts, queue));
}

/** A generator is paused above the mark, whatever the policy: only pushed messages are dropped or closed for. */
function pulledItemConsumer(parts: DeliveryParts, queue: SendQueue): ItemConsumer {
  return (item) => {
    const pending = queue.ready();
    if (!pending) return sendItem(parts, queue, item) ?? queue.ready();
    return pending.then(() => sendItem(parts, queue, item) ?? queue.ready());
  };
}

function sendItem(
  parts: DeliveryParts,
  queue: SendQueue,
  item: unknown,
): Promise<void> | undefined {
  if (item === undefined) return undefined;
  if (parts.sendsResults) return queue.send(parts.encode, item);
  parts.onResultDropped();
  return undefined;
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
