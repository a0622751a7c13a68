import {
  ForbiddenException,
  type CanActivate,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import { isObservable, lastValueFrom } from 'rxjs';
import { keepBytes } from '../send/payload.js';
import type { CallTracker } from './call.tracker.js';
import type { ArgumentsReader } from './handler.arguments.js';
import type { Invocation } from './invocation.js';
import { intercept } from './message.interceptors.js';
import type { Delivery } from './result.delivery.js';

/** Everything about a route that one message needs; created once per route, or per connection if request-scoped. */
export interface HandlerParts {
  readonly call: (args: unknown[]) => unknown;
  readonly readArguments: ArgumentsReader;
  readonly guards: readonly CanActivate[];
  readonly interceptors: readonly NestInterceptor[];
  readonly calls: Pick<CallTracker, 'follow'>;
  readonly contextOf: (invocation: Invocation) => ExecutionContext;
  readonly deliver: Delivery;
  /** Handles exceptions; never throws. */
  readonly onError: (error: unknown, invocation: Invocation) => Promise<void> | undefined;
}

/** Handles one message; returns a promise only if there is something to wait for. It never rejects. */
export type MessageHandler = (invocation: Invocation) => Promise<void> | undefined;

/** Composes guards, interceptors, pipes, handler, and results, and skips those that the route does not have. */
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
    // Guards may have taken longer than the client was willing to wait.
    if (invocation.call?.isStopped) return undefined;
    // An interceptor may call it again.
    if (invocation.call) invocation.call.isStream = false;
    const args = readArguments(invocation);
    // The handler may reuse the bytes before a promise of them is awaited.
    if (!(args instanceof Promise)) return call(args);
    return args.then((settled) =>
      invocation.call?.isStopped ? undefined : keepBytes(call(settled)),
    );
  };
}

function withInterceptors({ interceptors, contextOf, calls }: HandlerParts, next: Step): Step {
  if (interceptors.length === 0) return next;
  return (invocation) =>
    intercept(interceptors, contextOf(invocation), () => next(invocation), {
      ready: () => invocation.connection.queue.ready(),
      track: invocation.call && ((work) => invocation.call?.track(work)),
      isUnwanted: () => invocation.call?.isStopped === true,
      follow: (stream, isPulled) => {
        invocation.isPulled = isPulled;
        if (invocation.call) invocation.call.isStream = true;
        return calls.follow(stream, invocation);
      },
    });
}

function withGuards({ guards, contextOf }: HandlerParts, next: Step): Step {
  if (guards.length === 0) return next;
  return async (invocation) => {
    const context = contextOf(invocation);
    for (const guard of guards) {
      // oxlint-disable-next-line no-await-in-loop -- guards run in order: a later one may rely on an earlier one
      if (!(await canActivate(guard, context))) throw new ForbiddenException('Forbidden resource');
      if (invocation.call?.isStopped) return undefined;
    }
    return keepBytes(next(invocation));
  };
}

async function canActivate(guard: CanActivate, context: ExecutionContext): Promise<boolean> {
  const result = await guard.canActivate(context);
  return isObservable(result) ? lastValueFrom(result) : result;
}
