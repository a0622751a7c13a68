import type { ConnectionHandler } from '../connection/connection.context.js';
import type { MessageMethods } from '../discovery/route.definition.js';
import type { HandlerLog } from '../message/handler.log.js';
import { createDispatcher } from '../message/message.dispatch.js';
import type { MessageHandler } from '../message/message.handler.js';
import {
  compileCloseMethod,
  compileErrors,
  compileMethod,
  type CompilerDependencies,
  type MethodRequest,
} from './handler.compiler.js';

/** What a `@WebSocketController` needs in addition to its own options. */
export interface MessagesRequest {
  readonly messages: MessageMethods;
  /** The class, through its handshake method: answers messages that no method handles. */
  readonly whole: MethodRequest;
  readonly methodOf: (name: string) => MethodRequest['target']['callback'];
  readonly logOf: (methodName: string) => HandlerLog;
}

/** Compiles each method of one `@WebSocketController`, and the choice among them. */
export function compileMessages(
  deps: CompilerDependencies,
  request: MessagesRequest,
): ConnectionHandler {
  const { messages, whole } = request;
  const { byType, rest, onConnect, onClose } = messages;
  const { format, maxDepth } = whole.route.options;
  const onError = compileErrors(deps, whole);
  const compile = (methodName: string, pattern?: string): MessageHandler =>
    compileMethod(deps, methodRequest(deps, request, methodName, pattern)).handler;
  const handlers = [...byType].map(
    ([type, methodName]) => [type, compile(methodName, type)] as const,
  );
  const handler = createDispatcher({
    types: messages,
    format,
    maxDepth,
    handlers: new Map(handlers),
    rest: rest === undefined ? undefined : compile(rest),
    onConnect: onConnect === undefined ? undefined : compile(onConnect),
    onError,
    onPromisedType: whole.log.promisedType,
  });
  if (onClose === undefined) return { handler, onError };
  const closing = methodRequest(deps, request, onClose);
  return { handler, onError, onClose: compileCloseMethod(deps, closing) };
}

function methodRequest(
  { enhancers }: CompilerDependencies,
  { whole, methodOf, logOf }: MessagesRequest,
  methodName: string,
  pattern?: string,
): MethodRequest {
  const target = { ...whole.target, callback: methodOf(methodName) };
  return {
    ...whole,
    target,
    methodName,
    // An object is an object, whatever the handshake says about its messages.
    untyped: 'unknown',
    ...(pattern !== undefined && { pattern }),
    log: logOf(methodName),
    // The class's guards run at the handshake, and here only if the option says so.
    guards: [...whole.guards, ...enhancers.methodGuards(target)],
    filters: enhancers.messageFilters(target),
  };
}
