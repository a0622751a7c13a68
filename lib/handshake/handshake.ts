import { InternalServerErrorException, type ExecutionContext } from '@nestjs/common';
import { ignoreError } from '../close/ignored.errors.js';
import { Connection } from '../connection/connection.js';
import type { ConnectionContext } from '../connection/connection.context.js';
import type { ConnectionRegistry } from '../connection/connection.registry.js';
import { RegistryWatcher, type ConnectionWatcher } from '../connection/connection.watcher.js';
import { publishEnd } from '../metrics/connection.channels.js';
import type { ControllerScope } from '../nest/controller.scope.js';
import { ExecutionContextHost } from '../nest/internals.js';
import { ObserverNotifier, observerContext } from '../observers/observer.notifier.js';
import type { ConnectionOutcome } from '../observers/web-socket.observer.js';
import type { HttpPlatform, PlatformRequest } from '../platforms/http.platform.js';
import { BareRecord } from '../values/bare.record.js';
import type { OwnedSocket } from '../ws/owned.socket.js';
import type { BoundHandler, ServedRoute } from './served.route.js';
import type { SharedTexts } from './shared.texts.js';
import type { ExchangeEnd, UpgradeExchange } from './upgrade.exchange.js';

export interface HandshakeDependencies {
  readonly platform: HttpPlatform;
  readonly connections: ConnectionRegistry;
  readonly scope: ControllerScope;
  /** Watches connections without observers. */
  readonly watcher: ConnectionWatcher;
  readonly sharedTexts: SharedTexts;
}

/**
 * An upgrade request whose route is known: its observers, and the connection that it may become. The connection has no
 * reference to it, so nothing of the handshake except the request stays in memory.
 */
export class Handshake {
  readonly connection: Connection;
  /** The chosen subprotocol. */
  protocol: string | undefined;
  /** Whether it has passed the middleware, which may call `next()` again. */
  isLeaving = false;
  private readonly notifier: ObserverNotifier | undefined;
  private readonly watcher: ConnectionWatcher;
  private readonly startedAt = Date.now();

  constructor(
    readonly exchange: UpgradeExchange,
    readonly served: ServedRoute,
    readonly request: PlatformRequest,
    private readonly response: object,
    private readonly deps: HandshakeDependencies,
  ) {
    const { params } = request;
    this.watcher = deps.watcher;
    if (served.observers.length > 0) {
      const { logError, where, endingBound } = served.runtime;
      this.notifier = new ObserverNotifier((error) =>
        logError(`An observer of ${where} failed`, error),
      );
      this.watcher = new RegistryWatcher(deps.connections, {
        notifier: this.notifier,
        bound: endingBound,
      });
    }
    this.connection = new Connection(
      served.runtime,
      request,
      isParams(params) ? params : new BareRecord<string>(),
      this.watcher,
    );
  }

  /** Notifies the observers; however the upgrade ends, they learn of its end. */
  announce(): void {
    this.exchange.onEnd((end) => this.onRefused(end));
    const contextOf = () => this.deps.scope.contextOf(this.request);
    const sources = this.served.observers.map((provide) => provide(contextOf));
    this.notifier?.open(observerContext(this.createContext(), this.connection.lend()), sources);
  }

  /** @returns `undefined` if it was done at once. */
  accept(scope: ConnectionContext<BoundHandler>): Promise<void> | undefined {
    const headerLines = this.exchange.switchProtocols(() =>
      this.deps.platform.answerSwitching(this.response),
    );
    if (headerLines instanceof Promise)
      return headerLines.then((lines) => lines && this.upgrade(lines, scope));
    if (headerLines) this.upgrade(headerLines, scope);
    return undefined;
  }

  /** Handles errors when no exception filter can answer any more. */
  fail(error: unknown): undefined {
    const { exchange, served } = this;
    served.runtime.logError(`The handshake of ${served.runtime.where} failed`, error);
    this.deps.platform.giveUpResponse(this.response);
    if (exchange.isPending) exchange.refuse({ exception: internalError() });
    else exchange.socket.destroy();
    return undefined;
  }

  private upgrade(headerLines: readonly string[], scope: ConnectionContext<BoundHandler>): void {
    const acceptance = { headerLines, protocol: this.protocol };
    const upgrade = this.exchange.handOver();
    const isOpen = this.served.acceptor.accept(upgrade, acceptance, (opened) =>
      this.open(opened, scope),
    );
    if (!isOpen) this.onUnopened(upgrade.socket.destroyed);
  }

  private open(socket: OwnedSocket, scope: ConnectionContext<BoundHandler>): void {
    const { connection, served, exchange, request, response } = this;
    const { counters } = served.runtime;
    counters.opened += 1;
    if (exchange.upgrade.isHttp2) counters.openHttp2(exchange.socket);
    exchange.socket.off('error', ignoreError);
    // Guards that run again find the request as it was the first time.
    if (!served.rounds) this.deps.platform.releaseResponse(request);
    this.deps.sharedTexts.share(exchange.request);
    this.deps.connections.add(connection);
    connection.open(socket, scope);
    served.rounds?.begin(connection, scope.bound, {
      request,
      response,
      rawResponse: exchange.response,
    });
  }

  /** Fails at the last step: `ws` has answered 400 to the client's extension offer, or the client has left. */
  private onUnopened(hasLeft: boolean): void {
    const status = hasLeft ? undefined : 400;
    this.served.runtime.counters.refuse(status);
    this.onRefused({ status, initiator: hasLeft ? 'client' : 'server' });
  }

  private onRefused({ status, initiator, error }: ExchangeEnd): void {
    const outcome: ConnectionOutcome = {
      kind: 'refused',
      ...(status === undefined ? {} : { status }),
      initiator,
      durationMs: Date.now() - this.startedAt,
      received: 0,
      sent: 0,
      ...(error === undefined ? {} : { error }),
    };
    publishEnd(this.served.runtime.where, this.connection, outcome);
    this.watcher.onOutcome(outcome);
    this.connection.discard();
  }

  private createContext(): ExecutionContext {
    const { route } = this.served;
    const method: unknown = Reflect.get(route.wrapper.instance, route.methodName);
    return new ExecutionContextHost(
      [this.request, this.response],
      route.controller,
      typeof method === 'function' ? method : route.method,
    );
  }
}

/** Nest's answer to errors that no filter knows. */
function internalError(): InternalServerErrorException {
  return new InternalServerErrorException({ statusCode: 500, message: 'Internal server error' });
}

function isParams(params: unknown): params is Record<string, string | string[]> {
  return typeof params === 'object' && params !== null;
}
