import type { CanActivate, NestInterceptor } from '@nestjs/common';
import type { ApplicationConfig } from '@nestjs/core';
import {
  createCloseHandler,
  unexplainedParams,
  type CloseHandler,
} from '../connection/close.handler.js';
import type { ConnectionHandler } from '../connection/connection.context.js';
import type { RouteRuntime } from '../connection/route.runtime.js';
import type { RouteDefinition } from '../discovery/route.definition.js';
import type { FaultLocation } from '../errors/revali-ws.exceptions.js';
import { AmbiguousRoomParameterException } from '../errors/room.exceptions.js';
import type { CallTracker } from '../message/call.tracker.js';
import { ExceptionResponder } from '../message/exception.responder.js';
import {
  createArgumentsReader,
  createBodyReader,
  type ArgumentsReader,
  type BodyRequest,
} from '../message/handler.arguments.js';
import type { HandlerLog } from '../message/handler.log.js';
import type { Invocation } from '../message/invocation.js';
import type { BodyKind } from '../message/message.body.js';
import { MessageContext, type HandlerIdentity } from '../message/message.context.js';
import { createMessageHandler } from '../message/message.handler.js';
import type { RoomSourceOf } from '../message/param.source.js';
import { createDelivery, type Delivery } from '../message/result.delivery.js';
import type { Enhancers, EnhancerTarget } from '../nest/enhancers.js';
import type { MessageFilter } from '../nest/exception.filter.js';
import { prototypeOf } from '../nest/prototype.js';

export interface CompilerDependencies {
  readonly config: ApplicationConfig;
  readonly enhancers: Enhancers;
  readonly calls: CallTracker;
}

/** One method of one instance of a controller. */
export interface MethodRequest {
  readonly route: RouteDefinition;
  readonly runtime: RouteRuntime;
  readonly log: HandlerLog;
  readonly target: EnhancerTarget;
  readonly methodName: string;
  /** Run before each call. */
  readonly guards: readonly CanActivate[];
  readonly filters: readonly MessageFilter[];
  /** The type of the messages that it handles. Default: none. */
  readonly pattern?: string;
  /** See {@link BodyRequest}. */
  readonly untyped?: BodyKind;
}

type Readers = ReturnType<typeof readersOf>;

/** Compiles what a message of this method needs, so that nothing is looked up when one comes. */
export function compileMethod(
  deps: CompilerDependencies,
  request: MethodRequest,
): ConnectionHandler {
  const { target, guards } = request;
  const { instance, callback } = target;
  const readers = readersOf(request);
  const { interceptors, deliver, onError } = answersOf(deps, request, readers);
  const handler = createMessageHandler({
    call: (args) => Reflect.apply(callback, instance, args),
    readArguments: argumentsReader(deps, request, readers),
    guards,
    interceptors,
    calls: deps.calls,
    contextOf: readers.contextOf,
    deliver,
    onError,
  });
  return { handler, onError };
}

/** Compiles only the answer to an error, for a method that itself handles no message. */
export function compileErrors(
  deps: CompilerDependencies,
  request: MethodRequest,
): ConnectionHandler['onError'] {
  return answersOf(deps, request, readersOf(request)).onError;
}

interface Answers extends Pick<ConnectionHandler, 'onError'> {
  readonly interceptors: readonly NestInterceptor[];
  readonly deliver: Delivery;
}

function answersOf(
  { enhancers, calls }: CompilerDependencies,
  { runtime, route, target, log, filters }: MethodRequest,
  { identity, bodyOf }: Readers,
): Answers {
  const interceptors = enhancers.interceptors(target);
  const deliver = createDelivery({
    encode: runtime.encode,
    isPiped: interceptors.length > 0,
    sendsResults: route.options.mode !== 'receiveOnly',
    onResultDropped: log.droppedResult,
    // Interceptors turn every result into a stream: the handler's result is followed after them.
    runStream: interceptors.length > 0 ? openPlainly : calls.run,
  });
  const responder = new ExceptionResponder({
    identity,
    log,
    policy: route.options.errors,
    filters,
    readBody: bodyOf,
    deliver,
  });
  return {
    interceptors,
    deliver,
    onError: (error, invocation) => responder.respond(error, invocation),
  };
}

/** Its guards, interceptors, and filters do not run: there is no message, and nobody to answer. */
export function compileCloseMethod(
  deps: CompilerDependencies,
  request: MethodRequest,
): CloseHandler {
  const { runtime, target, methodName } = request;
  const { instance, callback } = target;
  const readers = readersOf(request);
  return createCloseHandler({
    call: (args) => Reflect.apply(callback, instance, args),
    readArguments: argumentsReader(deps, request, readers),
    outcomeAt: unexplainedParams(readers.body, callback.length),
    onError: (error) => runtime.logError(`${runtime.where}.${methodName}() failed`, error),
  });
}

function argumentsReader(
  { config, enhancers }: CompilerDependencies,
  { route, target, methodName }: MethodRequest,
  { body, contextOf }: Pick<Readers, 'body' | 'contextOf'>,
): ArgumentsReader {
  return createArgumentsReader({
    ...body,
    arity: target.callback.length,
    where: { controller: route.controller.name, method: methodName },
    config,
    contextOf,
    roomOf: roomSourceOf(route, { controller: route.controller.name, method: methodName }),
    pipes: enhancers.pipes(target),
    pipesOf: (references) => enhancers.paramPipes(references, target),
  });
}

function readersOf({ route, target, methodName, pattern, untyped }: MethodRequest) {
  const { controller, options } = route;
  const { format, maxDepth } = options;
  const identity: HandlerIdentity = {
    controller,
    method: target.callback,
    ...(pattern !== undefined && { pattern }),
  };
  const body: BodyRequest = {
    controller,
    prototype: prototypeOf(controller),
    methodName,
    format,
    maxDepth,
    ...(untyped && { untyped }),
  };
  const readBody = createBodyReader(body);
  const bodyOf = (invocation: Invocation): unknown =>
    invocation.body && readBody(invocation.body, invocation.connection.contentKind);
  const contextOf = (invocation: Invocation): MessageContext =>
    new MessageContext(identity, invocation.connection, () => bodyOf(invocation));
  return { identity, body, bodyOf, contextOf };
}

function openPlainly<T>(_invocation: Invocation, open: () => T): T {
  return open();
}

/** @throws AmbiguousRoomParameterException from the function that it returns. */
function roomSourceOf({ joins }: RouteDefinition, where: FaultLocation): RoomSourceOf {
  const kinds = joins.map(({ kind }): unknown => kind);
  return (asked) => {
    const kind = asked === undefined && kinds.length === 1 ? kinds[0] : asked;
    if (typeof kind !== 'function' || !kinds.includes(kind))
      throw new AmbiguousRoomParameterException(
        where,
        joins.map((join) => join.kind.name),
      );
    return ({ connection }) => connection.places?.room(kind);
  };
}
