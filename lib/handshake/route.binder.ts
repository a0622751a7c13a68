import { Logger, type HttpServer } from '@nestjs/common';
import type { ApplicationConfig } from '@nestjs/core';
import { EndingBound } from '../close/ending.bound.js';
import { HeartbeatPool } from '../connection/heartbeat.js';
import type { RouteRuntime } from '../connection/route.runtime.js';
import type { RouteDefinition } from '../discovery/route.definition.js';
import { stackOf } from '../log/error.text.js';
import { ThrottledLog } from '../log/throttled.log.js';
import { CallTracker } from '../message/call.tracker.js';
import { ExceptionResponder } from '../message/exception.responder.js';
import { createArgumentsReader, createBodyReader } from '../message/handler.arguments.js';
import { HandlerLog } from '../message/handler.log.js';
import type { Invocation } from '../message/invocation.js';
import { MessageContext } from '../message/message.context.js';
import { createMessageHandler } from '../message/message.handler.js';
import { createDelivery } from '../message/message.handler.js';
import { loopLimitsOf } from '../message/message.loop.js';
import { TurnScheduler } from '../message/turn.scheduler.js';
import type { ConnectionCounters } from '../metrics/connection.counters.js';
import type { ControllerScope, ScopedController } from '../nest/controller.scope.js';
import type { Enhancers, EnhancerTarget } from '../nest/enhancers.js';
import { HandshakeExceptions } from '../nest/handshake.exceptions.js';
import { STATIC_CONTEXT } from '../nest/internals.js';
import { prototypeOf } from '../nest/prototype.js';
import type { ObserverFactory, ObserverProvider } from '../observers/observer.factory.js';
import type { ResolvedModuleOptions } from '../options/revali-ws.options.resolver.js';
import { FlushScheduler } from '../send/frame.writer.js';
import { outgoingEncoderOf, preparerOf } from '../send/message.encoder.js';
import { OriginCheck, OriginRule, RefusedOrigins } from '../upgrade/origin.policy.js';
import { UpgradeAcceptor } from '../ws/upgrade.acceptor.js';
import type { BoundHandler, ServedRoute } from './served.route.js';

export interface BinderDependencies {
  readonly config: ApplicationConfig;
  readonly httpAdapter: HttpServer;
  readonly enhancers: Enhancers;
  readonly scope: ControllerScope;
  readonly observers: ObserverFactory;
  readonly globalObservers: readonly ObserverProvider[];
  readonly options: ResolvedModuleOptions;
  readonly counters: ConnectionCounters;
}

/** Compiles each route once: what a message needs is looked up now, not when it comes. */
export class RouteBinder {
  private readonly logger = new Logger('WebSocketConnection');
  private readonly faults = new ThrottledLog((line) => this.logger.error(line));
  private readonly refusedOrigins = new RefusedOrigins(new Logger('WebSocketHandshake'));
  private readonly heartbeats = new HeartbeatPool();
  private readonly scheduler = new FlushScheduler();
  private readonly turns = new TurnScheduler();
  private readonly calls = new CallTracker();

  constructor(private readonly deps: BinderDependencies) {}

  async bind(route: RouteDefinition): Promise<ServedRoute> {
    const { scope, observers, globalObservers, options } = this.deps;
    const runtime = this.createRuntime(route);
    const log = new HandlerLog(route.where);
    const bind = (controller: ScopedController): BoundHandler =>
      this.bindHandler(route, runtime, log, controller);
    const own = route.observers.map((reference) => observers.provide(reference, route.module));
    const shared = scope.static(route.wrapper);
    return {
      route,
      runtime,
      bind,
      shared: shared && bind(shared),
      exceptions: this.unscopedExceptions(route),
      observers: [...globalObservers, ...(await Promise.all(own))],
      origins: new OriginCheck(
        new OriginRule(route.options.origins),
        route.where,
        this.refusedOrigins,
      ),
      acceptor: new UpgradeAcceptor({
        maxPayload: route.options.maxPayload,
        closeTimeout: options.closeTimeout,
        perMessageDeflate: options.perMessageDeflate,
      }),
    };
  }

  private createRuntime(route: RouteDefinition): RouteRuntime {
    const { maxQueuedMessages, closeTimeout, shutdownTimeout } = this.deps.options;
    const { where } = route;
    const logError: RouteRuntime['logError'] = (what, error) =>
      this.logger.error(what, stackOf(error));
    return {
      where,
      options: route.options,
      scheduler: this.scheduler,
      turns: this.turns,
      calls: this.calls,
      loopLimits: loopLimitsOf(route.options, maxQueuedMessages),
      closeTimeout,
      encode: outgoingEncoderOf(route.options.format),
      prepare: preparerOf(route.options.format),
      heartbeat: this.heartbeats.get(route.options.ping),
      counters: this.deps.counters,
      endingBound: new EndingBound(
        where,
        shutdownTimeout,
        new ThrottledLog((line) => this.logger.warn(line)),
      ),
      onCleanUpError: (error) => logError(`A clean-up of ${where} failed`, error),
      logError,
      logFault: (error) =>
        this.faults.add(() => `A connection of ${where} was cut after ${stackOf(error)}`),
    };
  }

  private bindHandler(
    route: RouteDefinition,
    runtime: RouteRuntime,
    log: HandlerLog,
    controller: ScopedController,
  ): BoundHandler {
    const { enhancers, httpAdapter, config } = this.deps;
    const { instance, contextId } = controller;
    const callback = methodOf(instance, route.methodName);
    const target: EnhancerTarget = {
      instance,
      callback,
      contextId,
      moduleKey: route.module.token,
      inquirerId: route.wrapper.id,
    };
    const identity = { controller: route.controller, method: callback };
    const prototype = prototypeOf(route.controller);
    const { format, maxDepth } = route.options;
    const { methodName } = route;
    const body = { controller: route.controller, prototype, methodName, format, maxDepth };
    const readBody = createBodyReader(body);
    const bodyOf = (invocation: Invocation): unknown =>
      invocation.body && readBody(invocation.body, invocation.connection.contentKind);
    const contextOf = (invocation: Invocation): MessageContext =>
      new MessageContext(identity, invocation.connection, () => bodyOf(invocation));
    const interceptors = enhancers.interceptors(target);
    const deliver = createDelivery({
      encode: runtime.encode,
      sendsResults: route.options.mode !== 'receiveOnly',
      onResultDropped: log.droppedResult,
      // Interceptors make a stream of every result: what the handler returned is followed behind them.
      runStream: interceptors.length > 0 ? openPlainly : this.calls.run,
    });
    const filters = enhancers.messageFilters(target);
    const guards = enhancers.guards(target);
    const responder = new ExceptionResponder({
      identity,
      log,
      policy: route.options.errors,
      filters,
      readBody: bodyOf,
      deliver,
    });
    const onError = (error: unknown, invocation: Invocation): Promise<void> | undefined =>
      responder.respond(error, invocation);
    return {
      instance,
      callback,
      guards,
      exceptions: new HandshakeExceptions(
        filters,
        enhancers.globalFilters(),
        httpAdapter,
        contextId === STATIC_CONTEXT ? undefined : () => this.unscopedExceptions(route),
      ),
      onError,
      handler: createMessageHandler({
        call: (args) => Reflect.apply(callback, instance, args),
        readArguments: createArgumentsReader({
          ...body,
          arity: callback.length,
          where: route.location,
          config,
          contextOf,
          pipes: enhancers.pipes(target),
          pipesOf: (references) => enhancers.paramPipes(references, target),
        }),
        guards: route.options.guards === 'message' ? guards : [],
        interceptors,
        calls: this.calls,
        contextOf,
        deliver,
        onError,
      }),
    };
  }

  /** For a handshake whose controller could not be made. */
  private unscopedExceptions({
    wrapper,
    methodName,
    module,
  }: RouteDefinition): HandshakeExceptions {
    const { enhancers, httpAdapter } = this.deps;
    const { instance } = wrapper;
    const filters = enhancers.messageFilters({
      instance,
      callback: methodOf(instance, methodName),
      moduleKey: module.token,
      contextId: STATIC_CONTEXT,
      inquirerId: wrapper.id,
    });
    return new HandshakeExceptions(filters, enhancers.globalFilters(), httpAdapter);
  }
}

function methodOf(instance: object, name: string): (...args: unknown[]) => unknown {
  const method: unknown = Reflect.get(instance, name);
  if (!isMethod(method)) throw new TypeError(`${instance.constructor.name} has no method ${name}`);
  return method;
}

function isMethod(value: unknown): value is (...args: unknown[]) => unknown {
  return typeof value === 'function';
}

function openPlainly<T>(_invocation: Invocation, open: () => T): T {
  return open();
}
