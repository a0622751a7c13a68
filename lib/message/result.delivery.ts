import { isObservable } from 'rxjs';
import { discard, pullSourceOf } from '../send/pull.source.js';
import { pull, subscribe } from '../send/result.stream.js';
import type { RunningStream } from '../send/result.stream.js';
import type { SendQueue } from '../send/send.queue.js';
import { isThenable } from '../values/thenable.js';
import { AnswerItems, sendAnswer } from './call.answer.js';
import { isToSend, type DeliveryParts, type ItemReceiver } from './delivery.parts.js';
import type { Invocation } from './invocation.js';

/** Sends a result: a value, a promise of one, or the items of a stream. */
export type Delivery = (result: unknown, invocation: Invocation) => Promise<void> | undefined;

export function createDelivery(parts: DeliveryParts): Delivery {
  const deliver: Delivery = (result, invocation) => {
    if (result === undefined) return undefined;
    if (typeof result === 'object' && result !== null) {
      if (isThenable(result))
        return Promise.resolve(result).then((value) => deliver(value, invocation));
      if (isUnwanted(invocation)) {
        discard(result, (work) => invocation.call?.track(work));
        return undefined;
      }
      const open = streamOpener(result);
      if (open) return deliverStream(open, parts, invocation);
    }
    if (!isToSend(parts, result, invocation)) return undefined;
    const { call, connection } = invocation;
    if (call) return sendAnswer(call, connection.queue, parts.encode, result);
    connection.queue.sendResult(connection.encode, result);
    return undefined;
  };
  return deliver;
}

/** Nobody would read it. */
function isUnwanted({ connection, call }: Invocation): boolean {
  return connection.hasEnded || call?.isStopped === true;
}

type StreamOpener = (items: ItemReceiver) => RunningStream;

function streamOpener(result: object): StreamOpener | undefined {
  if (isObservable(result)) {
    return (items) =>
      subscribe(result, (item) => {
        items.pushed(item);
        return undefined;
      });
  }
  const source = pullSourceOf(result);
  return source && ((items) => pull(source, (item) => items.pulled(item)));
}

/** @returns `undefined` if the stream is over, as one is that only passes a value through interceptors. */
function deliverStream(
  open: StreamOpener,
  parts: DeliveryParts,
  invocation: Invocation,
): Promise<void> | undefined {
  const { call, connection } = invocation;
  // A filter's result has passed through no interceptor.
  if (call && (!parts.isPiped || call.isFailing)) call.isStream = true;
  const items = call
    ? new AnswerItems(call, invocation, parts)
    : new MessageItems(invocation, parts, connection.queue);
  const stream = parts.runStream(invocation, () => open(items));
  if (isUnwanted(invocation)) void stream.cancel();
  const { done } = stream;
  return done ? follow(stream, done, items, invocation) : complete(items);
}

async function follow(
  { cancel }: RunningStream,
  done: Promise<void>,
  items: ItemReceiver,
  invocation: Invocation,
): Promise<void> {
  const { call } = invocation;
  invocation.cancel = cancel;
  if (call) call.cancel = cancel;
  try {
    await done;
    const kept = items.complete();
    if (kept) await kept;
  } catch (error) {
    items.fail();
    throw error;
  } finally {
    invocation.cancel = undefined;
  }
}

function complete(items: ItemReceiver): Promise<void> | undefined {
  try {
    return items.complete();
  } catch (error) {
    items.fail();
    throw error;
  }
}

/** Each item is a separate message. */
class MessageItems implements ItemReceiver {
  private isFirst = true;

  constructor(
    private readonly invocation: Invocation,
    private readonly parts: DeliveryParts,
    private readonly queue: SendQueue,
  ) {}

  /**
   * Whatever the policy, a generator pauses above the mark: only pushed messages are dropped or close the connection.
   */
  pulled(item: unknown): Promise<void> | undefined {
    const { queue } = this;
    return this.isToSend(item)
      ? queue.sendPulled(this.invocation.connection.encode, item)
      : queue.ready();
  }

  pushed(item: unknown): void {
    const { encode } = this.invocation.connection;
    if (this.isToSend(item)) {
      // Usually it is one value that has passed through interceptors, and counts as a result.
      if (this.isFirst) this.queue.sendResult(encode, item);
      else if (this.invocation.isPulled) void this.queue.sendPulled(encode, item);
      else void this.queue.send(encode, item);
    }
    this.isFirst = false;
  }

  complete(): undefined {
    return undefined;
  }

  fail(): void {
    // Nothing is held back.
  }

  private isToSend(item: unknown): boolean {
    return isToSend(this.parts, item, this.invocation);
  }
}
