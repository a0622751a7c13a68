import type { ExecutionContext, Type } from '@nestjs/common';
import { ExecutionContextHost } from '@nestjs/core/helpers/execution-context-host.js';

/** What Nest hands to the handler of an HTTP route. */
export type HandlerArgs = [request: object, response: object, next: unknown];

/** What Nest tells enhancers of a handler's call. */
export function executionContextOf(
  args: unknown[],
  controller: Type,
  method: ReturnType<ExecutionContext['getHandler']>,
): ExecutionContext {
  return new ExecutionContextHost(args, controller, method);
}
