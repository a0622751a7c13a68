import {
  ForbiddenException,
  InternalServerErrorException,
  RequestTimeoutException,
  type HttpException,
} from '@nestjs/common';
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { CloseCode } from '../close/close.code.js';
import type { OriginRule, ServerIdentity } from '../upgrade/origin.policy.js';
import type { RefusalLog } from '../upgrade/refusal.log.js';
import { HeaderDeadline } from '../upgrade/header.deadline.js';
import { droppedHeaders } from '../upgrade/dropped.headers.js';
import { readPath } from '../upgrade/request.path.js';
import { unavailable, type RefusalDesk } from '../upgrade/refusals.js';
import { UpgradeDispatch, type UpgradeOwner } from '../upgrade/upgrade.dispatch.js';
import { faultOf, isWebSocketUpgrade, type Refusal } from '../upgrade/upgrade.request.js';
import { stackOf } from '../thrown.value.js';
import type { GatewayClient } from './gateway.client.js';
import { GatewayConnection, type GatewayRuntime } from './gateway.connection.js';
import type { GatewayAnswer } from './gateway.verdict.js';
import { PendingUpgrade } from './gateway.pending.js';
import type { GatewayServer } from './gateway.server.js';
import { GatewayTable, type GatewayCandidate } from './gateway.table.js';

/** What the http servers of one adapter share. */
export interface GatewayGate extends GatewayRuntime {
  readonly desk: RefusalDesk;
  readonly origins: OriginRule;
  readonly refusalLog: RefusalLog;
  readonly connections: Set<GatewayConnection>;
  readonly pending: Set<PendingUpgrade>;
}

type Upgrade = readonly [request: IncomingMessage, socket: Duplex, head: Buffer];

/** The upgrades of one http server that are meant for gateways: path, limits, origin, and then a client. */
export class GatewayUpgrades implements UpgradeOwner {
  readonly table = new GatewayTable();
  readonly patience: number;
  private readonly headerDeadline: HeaderDeadline;
  private dispatch: UpgradeDispatch | undefined;

  constructor(
    server: Server,
    private readonly gate: GatewayGate,
  ) {
    this.patience = gate.options.handshakeTimeout;
    this.headerDeadline = new HeaderDeadline(server, this.patience);
  }

  /** @returns The release. */
  attach(server: Server): () => void {
    const releaseDeadline = this.headerDeadline.attach();
    const dispatch = UpgradeDispatch.of(server);
    const releaseOwner = dispatch.add(this);
    this.dispatch = dispatch;
    return () => {
      dispatch.turnAwayUnclaimed();
      this.headerDeadline.close();
      releaseDeadline();
      releaseOwner();
    };
  }

  isFull(): boolean {
    const { pending, options } = this.gate;
    return pending.size + (this.dispatch?.waiting ?? 0) >= options.maxPendingHandshakes;
  }

  hear(socket: Duplex): void {
    this.headerDeadline.settle(socket);
  }

  take(server: Server, request: IncomingMessage, socket: Duplex, head: Buffer): boolean {
    if (!isWebSocketUpgrade(request)) return false;
    const path = readPath(request.url);
    const candidate = path === undefined ? undefined : this.table.find(path);
    if (!candidate) return false;
    // Node has taken its own listeners off: without one, a reset would end the process.
    socket.on('error', ignoreError);
    const dropped = droppedHeaders(request, server);
    if (dropped) this.gate.desk.refuse(request, socket, dropped);
    else this.receive(candidate, request, socket, head);
    return true;
  }

  turnAway(...upgrade: Parameters<RefusalDesk['answerStranger']>): void {
    this.gate.desk.answerStranger(...upgrade);
  }

  private receive(
    candidate: GatewayCandidate,
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
  ): void {
    const fault = faultOf(request);
    if (fault) return this.gate.desk.refuse(request, socket, fault);
    const lack = this.lackOfRoom(candidate.server);
    if (lack) return this.gate.desk.dismiss(request, socket, head, lack);
    Object.assign(request, { params: candidate.params });
    const { server } = candidate;
    const upgrade: Upgrade = [request, socket, head];
    const origin = this.judge(request);
    if (origin instanceof Promise) {
      const pending = this.hold(server, upgrade);
      this.follow(socket, async () => {
        const refusal = await origin;
        if (refusal) pending.refuse({ exception: refusal });
        else if (!pending.isSettled) this.askGateway(server, upgrade, pending);
      });
    } else if (origin) {
      this.gate.desk.dismiss(request, socket, head, { exception: origin });
    } else {
      this.askGateway(server, upgrade);
    }
  }

  /** @param pending Where the client waits already. */
  private askGateway(server: GatewayServer, upgrade: Upgrade, pending?: PendingUpgrade): void {
    const answer = server.verdict.of(upgrade[0]);
    if (answer instanceof Promise) {
      const waiting = pending ?? this.hold(server, upgrade);
      waiting.asksGateway = true;
      this.follow(upgrade[1], async () => this.settle(server, upgrade, await answer, waiting));
    } else this.settle(server, upgrade, answer, pending);
  }

  /** Nobody waits for it. */
  private follow(socket: Duplex, work: () => Promise<void>): void {
    work().catch((error: unknown) => {
      this.gate.notices.faults.add(() => `An upgrade was cut after ${stackOf(error)}`);
      socket.destroy();
    });
  }

  private settle(
    server: GatewayServer,
    upgrade: Upgrade,
    { refusal, protocol }: GatewayAnswer,
    pending: PendingUpgrade | undefined,
  ): void {
    const [request, socket, head] = upgrade;
    if (refusal) {
      if (pending) pending.refuse(refusal);
      else this.gate.desk.dismiss(request, socket, head, refusal);
    } else if (pending) {
      pending.pass((bytes) => this.open(server, [request, socket, bytes], protocol));
    } else this.open(server, upgrade, protocol);
  }

  /** @returns Why the page may not connect. */
  private judge(
    request: IncomingMessage,
  ): HttpException | undefined | Promise<HttpException | undefined> {
    const { origins, refusalLog, logger } = this.gate;
    const refusalOf = (isAllowed: boolean): HttpException | undefined => {
      if (isAllowed) return undefined;
      refusalLog.origin(request.headers.origin, 'A gateway', origins);
      return new ForbiddenException('Origin is not allowed');
    };
    const failure = (error: unknown): HttpException => {
      logger.error(error);
      return new InternalServerErrorException();
    };
    try {
      const allowed = origins.allows(request, () => identityOf(request));
      return typeof allowed === 'boolean'
        ? refusalOf(allowed)
        : Promise.resolve(allowed).then(refusalOf, failure);
    } catch (error) {
      return failure(error);
    }
  }

  /** Until a verdict is there. */
  private hold(server: GatewayServer, [request, socket, head]: Upgrade): PendingUpgrade {
    const { pending, options } = this.gate;
    const upgrade: PendingUpgrade = new PendingUpgrade(server, socket, head, {
      onOver: () => pending.delete(upgrade),
      onRefused: (refusal, bytes) => this.gate.desk.dismiss(request, socket, bytes, refusal),
    });
    pending.add(upgrade);
    upgrade.expireAfter(
      options.handshakeTimeout,
      new RequestTimeoutException('The handshake took too long'),
    );
    return upgrade;
  }

  private open(server: GatewayServer, upgrade: Upgrade, protocol: string | undefined): void {
    const [request, socket] = upgrade;
    const onOpen = (client: GatewayClient): void => {
      // It may have been paused while it was judged.
      if (socket.isPaused()) socket.resume();
      this.admit(client);
      // The gateway's own verifyClient may have taken its time.
      if (server.isDraining) client.close(CloseCode.GoingAway, 'Server is shutting down');
      else server.emit('connection', client, request);
    };
    try {
      server.accept(upgrade, protocol, onOpen);
    } catch (error) {
      // A listener of the application.
      this.gate.logger.error(error);
      socket.destroy();
    }
  }

  private admit(client: GatewayClient): void {
    const { connections } = this.gate;
    const connection: GatewayConnection = new GatewayConnection(client, this.gate, () =>
      connections.delete(connection),
    );
    connections.add(connection);
  }

  private lackOfRoom(server: GatewayServer): Refusal | undefined {
    const { options, connections, pending } = this.gate;
    const { maxConnections } = options;
    if (server.isDraining) return unavailable('Server is shutting down');
    if (maxConnections !== undefined && connections.size + pending.size >= maxConnections)
      return unavailable('Too many connections');
    return this.isFull() ? unavailable('Too many pending handshakes') : undefined;
  }
}

/**
 * The scheme is that of the page: the request has not met the middleware that knows which proxies to trust, and
 * behind one of them every page would be of another origin.
 */
function identityOf({ headers }: IncomingMessage): ServerIdentity {
  const protocol = /^https:/i.test(headers.origin ?? '') ? 'https' : 'http';
  return { protocol, host: headers.host };
}

function ignoreError(): void {
  // The socket's close event tells the rest.
}
