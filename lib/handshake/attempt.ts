import { ExecutionContextHost } from '@nestjs/core/helpers/execution-context-host.js';
import type { AsyncResource } from 'node:async_hooks';
import { Connection, type ConnectionWatcher } from '../connection/connection.js';
import type { ConnectionRegistry } from '../connection/connection.registry.js';
import type { RouteSocket } from '../connection/route.socket.js';
import { channels } from '../metrics/connection.channels.js';
import { ObserverNotifier, observerContext } from '../observers/observer.notifier.js';
import type { ConnectionOutcome } from '../observers/web-socket.observer.js';
import type { ControllerScope } from '../nest/controller.scope.js';
import type { HttpBoundary, PlatformRequest } from '../routing/http.boundary.js';
import type { BoundHandler, RouteBinding } from '../routing/route.binding.js';
import type { Handshake, HandshakeEnd } from './handshake.js';

export interface AttemptDependencies {
  readonly boundary: HttpBoundary;
  readonly connections: ConnectionRegistry;
  readonly scope: ControllerScope;
}

/** An upgrade request whose route is known: its observers, and the connection that it may become. */
export class Attempt implements ConnectionWatcher {
  readonly connection: Connection;
  /** The chosen subprotocol. */
  protocol: string | undefined;
  private readonly notifier: ObserverNotifier;
  private readonly startedAt = Date.now();
  private scope: AsyncResource | undefined;

  constructor(
    readonly handshake: Handshake,
    readonly binding: RouteBinding,
    readonly request: PlatformRequest,
    private readonly response: object,
    private readonly uses: AttemptDependencies,
  ) {
    const { route, runtime } = binding;
    const params = request.params;
    this.connection = new Connection(runtime, request, isParams(params) ? params : {}, this);
    uses.connections.bind(handshake.request, this.connection);
    const method: unknown = Reflect.get(route.wrapper.instance, route.methodName);
    const context = new ExecutionContextHost(
      [request, response],
      route.controller,
      typeof method === 'function' ? method : route.method,
    );
    this.notifier = new ObserverNotifier(observerContext(context, this.connection), (error) =>
      runtime.logError(`An observer of ${runtime.where} failed`, error),
    );
  }

  /** Tells the observers; whatever becomes of the upgrade, they are told of its end. */
  announce(): void {
    this.handshake.onEnd((end) => this.onRefused(end));
    const contextOf = () => this.uses.scope.contextOf(this.request);
    this.notifier.open(this.binding.observers.map((provide) => provide(contextOf)));
  }

  /** @param scope The asynchronous context of the handshake, in which the connection will live. */
  async accept(bound: BoundHandler, scope: AsyncResource): Promise<void> {
    const { handshake, binding, uses } = this;
    const headerLines = await handshake.switchProtocols(() =>
      uses.boundary.answerSwitching(this.response),
    );
    if (!headerLines) return;
    const { request, socket } = handshake;
    const acceptance = { headerLines, protocol: this.protocol };
    const head = handshake.handOver();
    const isOpen = binding.acceptor.accept(request, socket, head, acceptance, (opened) =>
      this.open(opened, bound, scope),
    );
    if (!isOpen) this.onUnopened(socket.destroyed);
  }

  onOutcome(outcome: ConnectionOutcome): void {
    const close = (): Promise<void> => {
      this.publishEnd(outcome);
      return this.notifier.close(outcome);
    };
    this.uses.connections.trackEnding(this.scope ? this.scope.runInAsyncScope(close) : close());
  }

  onReleased(): void {
    this.uses.connections.remove(this.connection);
  }

  private open(socket: RouteSocket, bound: BoundHandler, scope: AsyncResource): void {
    this.scope = scope;
    const { connection, binding } = this;
    binding.runtime.counters.opened += 1;
    this.uses.connections.add(connection);
    connection.open({ socket, handler: bound.handler, onError: bound.onError, scope });
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
    this.publishEnd(outcome);
    this.uses.connections.trackEnding(this.notifier.close(outcome));
    this.connection.discard();
  }

  private publishEnd(outcome: ConnectionOutcome): void {
    if (!channels.ended.hasSubscribers) return;
    channels.ended.publish({
      route: this.binding.runtime.where,
      connection: this.connection,
      outcome,
    });
  }
}

function isParams(params: unknown): params is Record<string, string | string[]> {
  return typeof params === 'object' && params !== null;
}
