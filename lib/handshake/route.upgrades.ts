import {
  InternalServerErrorException,
  Logger,
  RequestTimeoutException,
  ServiceUnavailableException,
} from '@nestjs/common';
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import type { CloseRefusal } from '../upgrade/close.refusal.js';
import { Handshake, ignoreResets } from './upgrade.exchange.js';
import type { HandshakeRegistry } from './handshake.registry.js';
import type { ConnectionRegistry } from '../connection/connection.registry.js';
import type { HttpBoundary } from '../platforms/http.platform.js';
import { HeaderDeadline } from '../upgrade/header.deadline.js';
import type { ConnectionCounters } from '../metrics/connection.counters.js';
import { SparseLog } from '../sparse.log.js';
import { stackOf } from '../thrown.value.js';
import { RefusalDesk, unavailable } from '../upgrade/refusals.js';
import { droppedHeaders } from '../upgrade/dropped.headers.js';
import { readPath } from '../upgrade/request.path.js';
import type { RouteCandidate, RouteTable } from '../routing/route.table.js';
import { UpgradeDispatch, type UpgradeOwner } from '../upgrade/upgrade.dispatch.js';
import { faultOf, isWebSocketUpgrade, type Refusal } from '../upgrade/upgrade.request.js';

export interface ListenerLimits {
  readonly maxConnections: number | undefined;
  readonly maxPendingHandshakes: number;
  /** Milliseconds. */
  readonly handshakeTimeout: number;
}

export interface ListenerDependencies {
  readonly table: RouteTable;
  readonly handshakes: HandshakeRegistry;
  readonly connections: ConnectionRegistry;
  /** Where refusals of well-formed upgrades are close frames. */
  readonly closeRefusal: CloseRefusal | undefined;
  readonly counters: ConnectionCounters;
  readonly boundary: Pick<HttpBoundary, 'createResponse' | 'whenReady'>;
}

/** Takes the upgrade requests of HTTP servers that are meant for our routes, and answers what nobody wants. */
export class UpgradeListener {
  private readonly servers = new Map<() => void, UpgradeDispatch>();
  private readonly deadlines = new Set<HeaderDeadline>();
  private readonly desk: RefusalDesk;
  private readonly faults = new SparseLog((line) => new Logger('WebSocketHandshake').error(line));
  private isDraining = false;
  private drained = 0;

  constructor(
    private readonly uses: ListenerDependencies,
    private readonly limits: ListenerLimits,
  ) {
    this.desk = new RefusalDesk(uses.counters, uses.closeRefusal);
  }

  /** @returns The release. */
  attach(server: Server): () => void {
    const headerDeadline = new HeaderDeadline(server, this.limits.handshakeTimeout);
    const releaseDeadline = headerDeadline.attach();
    const dispatch = UpgradeDispatch.of(server);
    const releaseOwner = dispatch.add(this.createOwner(headerDeadline));
    const release = (): void => {
      releaseDeadline();
      releaseOwner();
      this.servers.delete(release);
      this.deadlines.delete(headerDeadline);
    };
    this.servers.set(release, dispatch);
    this.deadlines.add(headerDeadline);
    return release;
  }

  /** From now on upgrades are refused with 503, those under way as well. */
  drain(): void {
    const { handshakes } = this.uses;
    this.drained = handshakes.size;
    this.isDraining = true;
    handshakes.refuseAll(new ServiceUnavailableException('Server is shutting down'));
  }

  /** How many upgrades were refused since then. */
  get refusedByDrain(): number {
    return this.drained;
  }

  /** What waits for nobody would have the server wait as well. */
  turnAwayUnclaimed(): void {
    for (const dispatch of this.servers.values()) dispatch.turnAwayUnclaimed();
    for (const deadline of this.deadlines) deadline.close();
    this.desk.drain();
  }

  release(): void {
    this.turnAwayUnclaimed();
    for (const release of this.servers.keys()) release();
  }

  private createOwner(headerDeadline: HeaderDeadline): UpgradeOwner {
    return {
      patience: this.limits.handshakeTimeout,
      isFull: () => this.pending >= this.limits.maxPendingHandshakes,
      hear: (socket) => headerDeadline.settle(socket),
      take: (server, request, socket, head) => this.take(server, request, socket, head),
      turnAway: (...upgrade) => this.desk.answerStranger(...upgrade),
    };
  }

  private take(server: Server, request: IncomingMessage, socket: Duplex, head: Buffer): boolean {
    if (!isWebSocketUpgrade(request)) return false;
    const path = readPath(request.url);
    const candidates = path === undefined ? [] : this.uses.table.find(path);
    const [first] = candidates;
    if (!first) return false;
    // One text for all connections of a route, where it has no parameters and the client sends no query.
    if (request.url === first.served.path) request.url = first.served.path;
    // Node has taken its own listeners off: without one, a reset during a guard would end the process.
    socket.on('error', ignoreResets);
    this.receive(server, request, socket, head, candidates);
    return true;
  }

  private receive(
    server: Server,
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    candidates: readonly RouteCandidate[],
  ): void {
    const fault = droppedHeaders(request, server) ?? faultOf(request);
    if (fault) return this.desk.refuse(request, socket, fault);
    const lack = this.lackOfRoom();
    if (lack) {
      if (this.isDraining) this.drained += 1;
      return this.desk.dismiss(request, socket, head, lack);
    }
    const { handshakes, closeRefusal, counters, boundary } = this.uses;
    const handshake = new Handshake(request, socket, head, candidates, {
      closeRefusal,
      createResponse: (incoming) => boundary.createResponse(incoming),
      onFault: this.onFault,
      onOver: (over) => handshakes.remove(over),
    });
    handshakes.add(handshake);
    handshake.onEnd(({ status }) => counters.refuse(status));
    handshake.begin();
    this.enterPipeline(server, handshake);
    if (!handshake.isPending) return;
    handshake.wait(this.limits.handshakeTimeout, () =>
      handshake.refuse(new RequestTimeoutException('The handshake took too long')),
    );
  }

  private readonly onFault = (error: unknown): void =>
    this.faults.add(() => `A handshake was refused after ${stackOf(error)}`);

  private enterPipeline(server: Server, handshake: Handshake): void {
    const enter = (): void => {
      try {
        if (handshake.isPending) server.emit('request', handshake.request, handshake.response);
      } catch (error) {
        this.onFault(error);
        handshake.error = error;
        handshake.refuse(new InternalServerErrorException());
      }
    };
    const starting = this.uses.boundary.whenReady();
    if (!starting) return enter();
    starting.then(enter, (error: unknown) => {
      handshake.error = error;
      handshake.refuse(new ServiceUnavailableException('Server is not ready'));
    });
  }

  private lackOfRoom(): Refusal | undefined {
    const { maxConnections, maxPendingHandshakes } = this.limits;
    if (this.isDraining) return unavailable('Server is shutting down');
    if (maxConnections !== undefined && this.uses.connections.size >= maxConnections) {
      return unavailable('Too many connections');
    }
    return this.pending >= maxPendingHandshakes
      ? unavailable('Too many pending handshakes')
      : undefined;
  }

  /** Handshakes, and upgrades that may become some. */
  private get pending(): number {
    let pending = this.uses.handshakes.size;
    for (const { waiting } of this.servers.values()) pending += waiting;
    return pending;
  }
}
