import {
  ForbiddenException,
  type CanActivate,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import { isObservable, lastValueFrom } from 'rxjs';
import type { OutgoingEncoder } from '../send/message.encoder.js';
import { keepBytes } from '../send/payload.js';
import {
  isThenable,
  pull,
  pullSourceOf,
  subscribe,
  type ItemConsumer,
  type RunningStream,
} from '../send/result.stream.js';
import type { SendQueue } from '../send/send.queue.js';
import type { CallTracker } from './call.tracker.js';
import type { ArgumentsReader } from './handler.arguments.js';
import type { Invocation } from './invocation.js';
import { intercept } from './message.interceptors.js';

/** Everything about a route that one message needs; made once per route, or per connection where request-scoped. */
export interface HandlerParts {
  readonly call: (args: unknown[]) => unknown;
  readonly readArguments: ArgumentsReader;
  readonly guards: readonly CanActivate[];
  readonly interceptors: readonly NestInterceptor[];
  readonly calls: Pick<CallTracker, 'follow'>;
  readonly contextOf: (invocation: Invocation) => ExecutionContext;
  readonly deliver: Delivery;
  /** Deals with what was thrown; never throws itself. */
  readonly onError: (error: unknown, invocation: Invocation) => Promise<void> | undefined;
}

/** Handles one message; a promise of the end only where there is something to wait for. It never rejects. */
export type MessageHandler = (invocation: Invocation) => Promise<void> | undefined;

/** Composes guards, interceptors, pipes, handler and results, leaving out what the route does not have. */
export function createMessageHandler(parts: HandlerParts): MessageHandler {
  const run = withGuards(parts, withInterceptors(parts, callHandler(parts)));
  return (invocation) => {
    try {
      const result = run(invocation);
      if (result === undefined) return undefined;
      const pending = parts.deliver(result, invocation);
      return pending && settle(pending, parts, invocation);
    } catch (error) {
      return parts.onError(error, invocation);
    }
  };
}

type Step = (invocation: Invocation) => unknown;

async function settle(
  pending: Promise<void>,
  parts: HandlerParts,
  invocation: Invocation,
): Promise<void> {
  try {
    await pending;
  } catch (error) {
    await parts.onError(error, invocation);
  }
}

function callHandler({ call, readArguments }: HandlerParts): Step {
  return (invocation) => {
    const args = readArguments(invocation);
    // The handler may use the bytes again before a promise of them is awaited.
    return args instanceof Promise ? args.then((settled) => keepBytes(call(settled))) : call(args);
  };
}

function withInterceptors({ interceptors, contextOf, calls }: HandlerParts, next: Step): Step {
  if (interceptors.length === 0) return next;
  return (invocation) =>
    intercept(interceptors, contextOf(invocation), () => next(invocation), {
      ready: () => invocation.connection.queue.ready(),
      follow: (stream) => calls.follow(stream, invocation),
    });
}

function withGuards({ guards, contextOf }: HandlerParts, next: Step): Step {
  if (guards.length === 0) return next;
  return async (invocation) => {
    const context = contextOf(invocation);
    for (const guard of guards) {
      // oxlint-disable-next-line no-await-in-loop -- guards run one after another: a later one may rely on an earlier one
      if (!(await canActivate(guard, context))) throw new ForbiddenException('Forbidden resource');
    }
    return keepBytes(next(invocation));
  };
}

async function canActivate(guard: CanActivate, context: ExecutionContext): Promise<boolean> {
  const result = await guard.canActivate(context);
  return isObservable(result) ? lastValueFrom(result) : result;
}

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
