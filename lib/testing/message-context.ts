import type { ExecutionContext, Type } from '@nestjs/common';
import type { WebSocketConnection } from '../handles/connection.handles.js';
import { MessageContext, type HandlerIdentity } from '../message/message.context.js';
import { fakeConnection, type FakeConnectionOptions } from './fake.connection.js';

type Handler = (...args: unknown[]) => unknown;

/** Options of {@link messageContext}. */
export interface MessageContextOptions<TController extends object> extends Pick<
  FakeConnectionOptions,
  'request' | 'params'
> {
  /** Returned by `switchToWs().getData()`. */
  readonly body?: unknown;
  /** Returned by `switchToWs().getPattern()`: the type of the message. */
  readonly type?: string;
  /**
   * Returned by `switchToWs().getClient()`; `switchToHttp()` gives its request.
   *
   * @default a fake one, with `request` and `params`
   */
  readonly connection?: WebSocketConnection<object>;
  /** Returned by `getClass()`; metadata of the class is read from it. */
  readonly controller?: Type<TController>;
  /** The controller's method that `getHandler()` returns; metadata of the method is read from it. */
  readonly handler?: string & keyof TController;
}

class AnyController {}

const anyHandler: Handler = () => undefined;

/**
 * Creates the `ExecutionContext` that interceptors, message guards, and exception filters get for one message, for
 * their unit tests.
 *
 * @example
 * ```ts
 * const context = messageContext({ controller: ChatController, handler: 'say', body: { text: 'hi' } });
 * expect(guard.canActivate(context)).toBe(true);
 * ```
 */
export function messageContext<TController extends object = object>(
  options: MessageContextOptions<TController> = {},
): ExecutionContext {
  const { body, request, params, connection = fakeConnection({ request, params }) } = options;
  const client = { request: connection.request, lend: () => connection };
  return new MessageContext(identityOf(options), client, () => body);
}

function identityOf<TController extends object>({
  controller,
  handler,
  type,
}: MessageContextOptions<TController>): HandlerIdentity {
  const pattern = type === undefined ? {} : { pattern: type };
  if (!controller || handler === undefined) {
    return { controller: controller ?? AnyController, method: anyHandler, ...pattern };
  }
  const method: unknown = Reflect.get(controller.prototype, handler);
  if (!isHandler(method)) throw new TypeError(`${controller.name} has no method "${handler}".`);
  return { controller, method, ...pattern };
}

function isHandler(value: unknown): value is Handler {
  return typeof value === 'function';
}
