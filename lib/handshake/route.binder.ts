import { Logger, type HttpServer } from '@nestjs/common';
import type { ApplicationConfig } from '@nestjs/core';
import { messageEncoder } from '../calls/headed.encoder.js';
import { EndingBound } from '../close/ending.bound.js';
import { BeatPool } from '../connection/beats.js';
import { HeartbeatPool } from '../connection/heartbeat.js';
import type { RouteRuntime } from '../connection/route.runtime.js';
import type { RoomKinds } from '../discovery/rooms.explorer.js';
import type { RouteDefinition } from '../discovery/route.definition.js';
import { stackOf } from '../log/error.text.js';
import { ThrottledLog } from '../log/throttled.log.js';
import type { CallTracker } from '../message/call.tracker.js';
import { HandlerLog } from '../message/handler.log.js';
import { loopLimitsOf } from '../message/loop.limits.js';
import { TurnScheduler } from '../message/turn.scheduler.js';
import type { ConnectionCounters } from '../metrics/connection.counters.js';
import { isMethod, type Method } from '../nest/class.reference.js';
import type { ControllerScope, ScopedController } from '../nest/controller.scope.js';
import type { Enhancers, EnhancerTarget } from '../nest/enhancers.js';
import { HandshakeExceptions } from '../nest/handshake.exceptions.js';
import { STATIC_CONTEXT } from '../nest/internals.js';
import type { ObserverFactory, ObserverProvider } from '../observers/observer.factory.js';
import {
  resolveOptions,
  type ResolvedModuleOptions,
} from '../options/revali-ws.options.resolver.js';
import { JOIN_OPTIONS } from '../options/rooms.descriptors.js';
import type { RoomHub } from '../rooms/room.hub.js';
import { checkTemplate, namesOf, RouteJoins, type RouteJoin } from '../rooms/route.joins.js';
import { FlushScheduler } from '../send/frame.writer.js';
import { outgoingEncoderOf, preparerOf } from '../send/message.encoder.js';
import { OriginCheck, OriginRule, RefusedOrigins } from '../upgrade/origin.policy.js';
import { UpgradeAcceptor } from '../ws/upgrade.acceptor.js';
import { ExpiryCheck } from './expiry.check.js';
import {
  compileMethod,
  type CompilerDependencies,
  type MethodRequest,
} from './handler.compiler.js';
import { compileMessages } from './message.compiler.js';
import { RouteGuardRounds } from './route.guard.rounds.js';
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
  readonly hub: RoomHub;
  readonly kinds: RoomKinds;
  readonly calls: CallTracker;
}

/** Compiles each route once: lookups happen now, not when a message comes. */
export class RouteBinder {
  private readonly logger = new Logger('WebSocketConnection');
  private readonly faults = new ThrottledLog((line) => this.logger.error(line));
  private readonly refusedOrigins = new RefusedOrigins(new Logger('WebSocketHandshake'));
  private readonly warnings = new ThrottledLog((line) => this.logger.warn(line));
  private readonly heartbeats = new HeartbeatPool();
  private readonly beats = new BeatPool();
  private readonly scheduler = new FlushScheduler();
  private readonly turns = new TurnScheduler();
  private readonly compiler: CompilerDependencies;

  constructor(private readonly deps: BinderDependencies) {
    const { config, enhancers, calls } = deps;
    this.compiler = { config, enhancers, calls };
  }

  async bind(route: RouteDefinition): Promise<ServedRoute> {
    const { scope, observers, globalObservers, options } = this.deps;
    const runtime = this.createRuntime(route);
    const logs = new HandlerLogs(route);
    const bind = (controller: ScopedController): BoundHandler =>
      this.bindHandler(route, runtime, logs, controller);
    const own = route.observers.map((reference) => observers.provide(reference, route.module));
    const shared = scope.static(route.wrapper);
    return {
      route,
      runtime,
      bind,
      shared: shared && bind(shared),
      exceptions: this.unscopedExceptions(route),
      joins: this.joinsOf(route),
      expiry: new ExpiryCheck(route.where, route.options.expires, this.warnings),
      rounds: this.roundsOf(route),
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

  private roundsOf({ options: { guards }, where }: RouteDefinition): RouteGuardRounds | undefined {
    if (typeof guards === 'string') return undefined;
    const { enhancers, options } = this.deps;
    const rule = { every: guards.every, timeout: options.handshakeTimeout };
    return new RouteGuardRounds(rule, where, enhancers, this.faults);
  }

  /** @throws InvalidRoomsException */
  private joinsOf({ joins, paths, where }: RouteDefinition): RouteJoins | undefined {
    if (joins.length === 0) return undefined;
    const { hub, kinds } = this.deps;
    const bound = joins.map(({ kind, names, options }): RouteJoin => {
      if (typeof names === 'string') checkTemplate(names, paths, where);
      const rooms = kinds.instanceOf(kind, where);
      const { replay } = resolveOptions(where, JOIN_OPTIONS, options);
      if (replay > 0) hub.kinds.assertHistory(rooms, 'replay');
      return { kind, rooms, replay, names: typeof names === 'string' ? namesOf(names) : names };
    });
    return new RouteJoins(hub, bound);
  }

  private createRuntime(route: RouteDefinition): RouteRuntime {
    const { maxQueuedMessages, closeTimeout, shutdownTimeout } = this.deps.options;
    const { where } = route;
    const logError: RouteRuntime['logError'] = (what, error) =>
      this.logger.error(what, stackOf(error));
    const encode = outgoingEncoderOf(route.options.format);
    const runtime: RouteRuntime = {
      where,
      options: route.options,
      scheduler: this.scheduler,
      turns: this.turns,
      calls: this.deps.calls,
      loopLimits: loopLimitsOf(route.options, maxQueuedMessages),
      closeTimeout,
      encode,
      hasCalls: false,
      calling: undefined,
      prepare: preparerOf(route.options.format),
      heartbeat: this.heartbeats.get(route.options.ping),
      beats: this.beats.get(route.options.beat),
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
    return { ...runtime, calling: { ...runtime, hasCalls: true, encode: messageEncoder(encode) } };
  }

  private bindHandler(
    route: RouteDefinition,
    runtime: RouteRuntime,
    logs: HandlerLogs,
    controller: ScopedController,
  ): BoundHandler {
    const { enhancers, httpAdapter } = this.deps;
    const { instance, contextId } = controller;
    const { messages, methodName } = route;
    const target = targetOf(route, controller);
    const filters = enhancers.messageFilters(target);
    const guards = enhancers.guards(target);
    const whole: MethodRequest = {
      route,
      runtime,
      log: logs.whole,
      target,
      methodName,
      guards: route.options.guards === 'message' ? guards : [],
      filters,
    };
    const methods = { methodOf: (name: string) => methodOf(instance, name), logOf: logs.of };
    const handler = messages
      ? compileMessages(this.compiler, { messages, whole, ...methods })
      : compileMethod(this.compiler, whole);
    return {
      ...handler,
      instance,
      callback: target.callback,
      guards,
      exceptions: new HandshakeExceptions(
        filters,
        enhancers.globalFilters(),
        httpAdapter,
        contextId === STATIC_CONTEXT ? undefined : () => this.unscopedExceptions(route),
      ),
    };
  }

  /** For a handshake whose controller could not be created. */
  private unscopedExceptions(route: RouteDefinition): HandshakeExceptions {
    const { enhancers, httpAdapter } = this.deps;
    const { instance } = route.wrapper;
    const filters = enhancers.messageFilters(
      targetOf(route, { instance, contextId: STATIC_CONTEXT }),
    );
    return new HandshakeExceptions(filters, enhancers.globalFilters(), httpAdapter);
  }
}

/** The logs of a route's methods, shared by all instances of its controller. */
class HandlerLogs {
  readonly whole: HandlerLog;
  private readonly byMethod = new Map<string, HandlerLog>();

  constructor(private readonly route: RouteDefinition) {
    this.whole = new HandlerLog(route.where);
  }

  readonly of = (methodName: string): HandlerLog => {
    const log =
      this.byMethod.get(methodName) ?? new HandlerLog(`${this.route.where}.${methodName}()`);
    this.byMethod.set(methodName, log);
    return log;
  };
}

/** The function that represents the route at its handshake. */
function targetOf(
  route: RouteDefinition,
  { instance, contextId }: ScopedController,
): EnhancerTarget {
  return {
    instance,
    callback: route.messages ? route.method : methodOf(instance, route.methodName),
    contextId,
    moduleKey: route.module.token,
    inquirerId: route.wrapper.id,
  };
}

function methodOf(instance: object, name: string): Method {
  const method: unknown = Reflect.get(instance, name);
  if (!isMethod(method)) throw new TypeError(`${instance.constructor.name} has no method ${name}`);
  return method;
}
