import { headerOf } from '../calls/call.header.js';
import { answerEncoder } from '../calls/headed.encoder.js';
import type { OpenCall } from '../calls/open.call.js';
import { encoderOf, isPrepared, type Outgoing } from '../send/message.encoder.js';
import type { OutgoingEncoder } from '../send/message.encoder.js';
import { copyOf, keepBytes } from '../send/payload.js';
import type { SendQueue } from '../send/send.queue.js';
import { isToSend, type DeliveryParts, type ItemReceiver } from './delivery.parts.js';
import type { Invocation } from './invocation.js';

/** The reason for a failed call is JSON, whatever the route's format. */
const encodeFailure = encoderOf('json');

const nothing = (): string => '';

/**
 * Sends the answer that settles a call. If the client reads slowly, its next call starts later, whatever the policy.
 */
export function sendAnswer(
  call: OpenCall,
  queue: SendQueue,
  encode: OutgoingEncoder,
  value: unknown,
): Promise<void> | undefined {
  if (call.isStopped || call.isAnswered) return undefined;
  const room = queue.sendPulled(
    call.isFailing ? call.encoderOf('e', encodeFailure) : call.encoderOf('r', encode),
    value,
  );
  call.answered();
  return room;
}

/** For an answer that must not depend on how fast the client reads. */
export function refuseCall(id: string, queue: SendQueue, reason: object): void {
  queue.sendOwed(answerEncoder(headerOf('e', id), encodeFailure), reason);
}

/** @throws UnserializableMessageException if the reason itself has no JSON form. */
export function sendFailure(
  call: OpenCall,
  queue: SendQueue,
  reason: unknown,
): Promise<void> | undefined {
  call.isFailing = true;
  return sendAnswer(call, queue, encodeFailure, reason);
}

/** Reports that a call is over, if nothing else has reported it. */
export function sendDone(call: OpenCall, queue: SendQueue): Promise<void> | undefined {
  if (call.isAnswered) return undefined;
  call.answered();
  return queue.sendPulled(call.encoderOf('d', nothing), undefined);
}

/**
 * The items of a stream that answers a call. Interceptors turn a value into a stream as well: what the handler returned
 * decides, and a single item of such a stream is the result.
 */
export class AnswerItems implements ItemReceiver {
  private readonly encodeItem: OutgoingEncoder;
  private readonly queue: SendQueue;
  private held: Outgoing | undefined;
  /** The last item of a filter's stream is the reason why the call failed. */
  private reason: unknown;
  private isFirst = true;

  constructor(
    private readonly call: OpenCall,
    private readonly invocation: Invocation,
    private readonly parts: DeliveryParts,
  ) {
    this.queue = invocation.connection.queue;
    this.encodeItem = call.encoderOf('i', parts.encode);
  }

  pulled(item: unknown): Promise<void> | undefined {
    if (!this.isToSend(item) || this.holds(item)) return this.queue.ready();
    this.letGo();
    return this.queue.sendPulled(this.encodeItem, item);
  }

  pushed(item: unknown): void {
    if (!this.isToSend(item) || this.holds(item)) return;
    this.letGo();
    if (this.invocation.isPulled) void this.queue.sendPulled(this.encodeItem, item);
    else void this.queue.send(this.encodeItem, item);
  }

  complete(): Promise<void> | undefined {
    const { call, reason } = this;
    if (call.isFailing)
      return reason === undefined
        ? undefined
        : sendAnswer(call, this.queue, this.parts.encode, reason);
    // Interceptors may emit an item before they call a handler that then returns a stream.
    if (call.isStream) this.letGo();
    const { held } = this;
    this.held = undefined;
    if (held === undefined) return undefined;
    return sendAnswer(call, this.queue, () => held, undefined);
  }

  fail(): void {
    if (!this.call.isStopped) this.letGo();
  }

  private isToSend(item: unknown): boolean {
    return !this.call.isStopped && isToSend(this.parts, item, this.invocation);
  }

  /** @returns Whether the item may be the result. It is encoded now, because its owner may change it. */
  private holds(item: unknown): boolean {
    const isFirst = this.isFirst;
    this.isFirst = false;
    if (this.call.isFailing) {
      this.reason = keepBytes(item);
      return true;
    }
    if (!isFirst || this.call.isStream) return false;
    const payload = this.parts.encode(item);
    this.held = typeof payload === 'string' || isPrepared(payload) ? payload : copyOf(payload);
    return true;
  }

  private letGo(): void {
    const { held } = this;
    if (held === undefined) return;
    this.held = undefined;
    this.queue.sendResult(
      this.call.encoderOf('i', () => held),
      undefined,
    );
  }
}
