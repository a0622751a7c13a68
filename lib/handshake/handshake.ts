import { InternalServerErrorException } from '@nestjs/common';
import { ExecutionContextHost } from '@nestjs/core/helpers/execution-context-host.js';
import { BareRecord } from '../bare.record.js';
import { Connection } from '../connection/connection.js';
import { RegistryWatcher, type ConnectionWatcher } from '../connection/connection.watcher.js';
import type { ConnectionRegistry } from '../connection/connection.registry.js';
import type { ConnectionScope } from '../connection/connection.scope.js';
import type { RouteSocket } from '../connection/route.socket.js';
import { publishEnd } from '../metrics/connection.channels.js';
import { ObserverNotifier, observerContext } from '../observers/observer.notifier.js';
import type { ConnectionOutcome } from '../observers/web-socket.observer.js';
import type { ControllerScope } from '../nest/controller.scope.js';
import type { HttpBoundary, PlatformRequest } from '../platforms/http.platform.js';
import type { RouteBinding } from './served.route.js';
import { ignoreResets, type Handshake, type HandshakeEnd } from './upgrade.exchange.js';
import type { SharedTexts } from './shared.texts.js';

export interface AttemptDependencies {
  readonly boundary: HttpBoundary;
  readonly connections: ConnectionRegistry;
  readonly scope: ControllerScope;
  /** Of connections without observers. */
  readonly watcher: ConnectionWatcher;
  readonly sharedTexts: SharedTexts;
}

/**
 * An upgrade request whose route is known: its observers, and the connection that it may become. The connection does
 * not know it, so that nothing of the handshake but the request stays in memory.
 */
export class Attempt {
  readonly connection: Connection;
  /** The chosen subprotocol. */
  protocol: string | undefined;
  /** Whether it has come to the end of the middleware, which may call `next()` again. */
  isLeaving = false;
  private readonly notifier: ObserverNotifier | undefined;
  private readonly watcher: ConnectionWatcher;
  private readonly startedAt = Date.now();

  constructor(
    readonly handshake: Handshake,
    readonly binding: RouteBinding,
    readonly request: PlatformRequest,
    private readonly response: object,
    private readonly uses: AttemptDependencies,
  ) {
    const { params } = request;
    this.watcher = uses.watcher;
    if (binding.observers.length > 0) {
      const { logError, where, endingBound } = binding.runtime;
      this.notifier = new ObserverNotifier((error) =>
        logError(`An observer of ${where} failed`, error),
      );
      this.watcher = new RegistryWatcher(uses.connections, {
        notifier: this.notifier,
        bound: endingBound,
      });
    }
    this.connection = new Connection(
      binding.runtime,
      request,
      isParams(params) ? params : new BareRecord<string>(),
      this.watcher,
    );
  }

  /** Tells the observers; whatever becomes of the upgrade, they are told of its end. */
  announce(): void {
    this.handshake.onEnd((end) => this.onRefused(end));
    const contextOf = () => this.uses.scope.contextOf(this.request);
    const sources = this.binding.observers.map((provide) => provide(contextOf));
    this.notifier?.open(observerContext(this.createContext(), this.connection.lend()), sources);
  }

  /** @returns `undefined` where it has been done at once. */
  accept(scope: ConnectionScope): Promise<void> | undefined {
    const headerLines = this.handshake.switchProtocols(() =>
      this.uses.boundary.answerSwitching(this.response),
    );
    if (headerLines instanceof Promise)
      return headerLines.then((lines) => lines && this.upgrade(lines, scope));
    if (headerLines) this.upgrade(headerLines, scope);
    return undefined;
  }

  /** For what is thrown where no exception filter can answer any more. */
  fail(error: unknown): undefined {
    const { handshake, binding } = this;
    binding.runtime.logError(`The handshake of ${binding.runtime.where} failed`, error);
    this.uses.boundary.giveUpResponse(this.response);
    if (handshake.isPending) handshake.refuse(internalError());
    else handshake.socket.destroy();
    return undefined;
  }

  private upgrade(headerLines: readonly string[], scope: ConnectionScope): void {
    const { handshake, binding } = this;
    const { request, socket } = handshake;
    const acceptance = { headerLines, protocol: this.protocol };
    const head = handshake.handOver();
    const isOpen = binding.acceptor.accept(request, socket, head, acceptance, (opened) =>
      this.open(opened, scope),
    );
    if (!isOpen) this.onUnopened(socket.destroyed);
  }

  private open(socket: RouteSocket, scope: ConnectionScope): void {
    const { connection, binding } = this;
    binding.runtime.counters.opened += 1;
    this.handshake.socket.off('error', ignoreResets);
    this.uses.boundary.releaseResponse(this.request);
    this.uses.sharedTexts.share(this.handshake.request);
    this.uses.connections.add(connection);
    connection.open(socket, scope);
  }

  /** At the last step: `ws` has answered 400 to what the client asks of an extension, or the client has left. */
  private onUnopened(hasLeft: boolean): void {
    const status = hasLeft ? undefined : 400;
    this.binding.runtime.counters.refuse(status);
    this.onRefused({ status, initiator: hasLeft ? 'client' : 'server' });
  }

  private onRefused({ status, initiator, error }: HandshakeEnd): void {
    const outcome: ConnectionOutcome = {
      kind: 'refused',
      ...(status === undefined ? {} : { status }),
      initiator,
      durationMs: Date.now() - this.startedAt,
      received: 0,
      sent: 0,
      ...(error === undefined ? {} : { error }),
    };
    publishEnd(this.binding.runtime.where, this.connection, outcome);
    this.watcher.onOutcome(this.connection, outcome);
    this.connection.discard();
  }

  private createContext(): ExecutionContextHost {
    const { route } = this.binding;
    const method: unknown = Reflect.get(route.wrapper.instance, route.methodName);
    return new ExecutionContextHost(
      [this.request, this.response],
      route.controller,
      typeof method === 'function' ? method : route.method,
    );
  }
}

/** As Nest answers what no filter knows. */
function internalError(): InternalServerErrorException {
  return new InternalServerErrorException({ statusCode: 500, message: 'Internal server error' });
}

function isParams(params: unknown): params is Record<string, string | string[]> {
  return typeof params === 'object' && params !== null;
}
