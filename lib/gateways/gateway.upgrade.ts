import { InternalServerErrorException, type HttpException } from '@nestjs/common';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { CloseCode, SHUTTING_DOWN } from '../close/close.code.js';
import { stackOf } from '../log/error.text.js';
import { Admission, type PendingUpgrade, type UpgradeReceiver } from '../upgrade/admission.js';
import { closeRefusalFor } from '../upgrade/close.refusal.js';
import { WaitingUpgrade } from '../upgrade/handshake.buffer.js';
import {
  OriginCheck,
  OriginRule,
  RefusedOrigins,
  type ServerIdentity,
} from '../upgrade/origin.policy.js';
import { Refusals, tookTooLong } from '../upgrade/refusals.js';
import type { Refusal, Upgrade } from '../upgrade/upgrade.request.js';
import { ABSENT } from '../values/roster.js';
import type { GatewayClient } from './gateway.client.js';
import { GatewayConnection } from './gateway.connection.js';
import type { ResolvedAdapterOptions } from './gateway.options.js';
import { createGatewayRuntime, type GatewayRuntime } from './gateway.runtime.js';
import type { GatewayServer } from './gateway.server.js';
import { GatewayTable, type GatewayCandidate } from './gateway.table.js';
import type { GatewayAnswer } from './gateway.verdict.js';

/** What the http servers of one adapter share. */
export interface GatewayGate extends GatewayRuntime {
  readonly admission: Admission<PendingGatewayUpgrade>;
  readonly origins: OriginCheck;
  readonly connections: Set<GatewayConnection>;
}

export function createGate(options: ResolvedAdapterOptions): GatewayGate {
  const runtime = createGatewayRuntime(options);
  const connections = new Set<GatewayConnection>();
  const refusals = new Refusals(runtime.counters, closeRefusalFor(options));
  const admission: Admission<PendingGatewayUpgrade> = new Admission(
    options,
    refusals,
    () => connections.size + admission.pending.size,
  );
  const refused = new RefusedOrigins(runtime.logger);
  const origins = new OriginCheck(new OriginRule(options.origins), 'A gateway', refused);
  return { ...runtime, admission, origins, connections };
}

/**
 * An upgrade that waits for the check of its origin, or for its gateway's own verdict. Whichever comes first decides:
 * the verdict, the timeout, or the client.
 */
export class PendingGatewayUpgrade implements PendingUpgrade {
  rosterPlace = ABSENT;
  private readonly waiting: WaitingUpgrade;
  /** Whether the gateway itself is being asked. */
  asksGateway = false;
  /** Whether nobody waits for a verdict any more. */
  isSettled = false;

  constructor(
    readonly server: GatewayServer,
    private readonly upgrade: Upgrade,
    private readonly admission: Admission<PendingGatewayUpgrade>,
  ) {
    this.waiting = new WaitingUpgrade(
      upgrade,
      admission.limits.handshakeTimeout,
      () => this.refuse(tookTooLong()),
      this.leave,
    );
    admission.pending.add(this);
  }

  refuse(refusal: Refusal): void {
    if (this.settle()) this.admission.refusals.asConfigured(this.upgrade, refusal);
  }

  /** @returns False if it was already settled. */
  settle(): boolean {
    if (this.isSettled) return false;
    this.isSettled = true;
    this.waiting.release();
    this.admission.pending.delete(this);
    return true;
  }

  private readonly leave = (): void => {
    if (this.settle()) this.upgrade.socket.destroy();
  };
}

/** The upgrades of one http server for gateways: origin, the gateway's own verdict, then a client. */
export class GatewayUpgrades implements UpgradeReceiver<GatewayCandidate> {
  /** No request of theirs passes the platform. */
  readonly speaksHttp2 = true;
  readonly table = new GatewayTable();

  constructor(private readonly gate: GatewayGate) {}

  find(path: string): GatewayCandidate | undefined {
    return this.table.find(path);
  }

  isClosing({ server }: GatewayCandidate): boolean {
    return server.isDraining;
  }

  receive(upgrade: Upgrade, { server, params }: GatewayCandidate): void {
    const { admission } = this.gate;
    Object.assign(upgrade.request, { params });
    const origin = this.judge(upgrade.request);
    if (origin instanceof Promise) {
      const pending = new PendingGatewayUpgrade(server, upgrade, admission);
      this.follow(upgrade.socket, async () => {
        const exception = await origin;
        if (exception) pending.refuse({ exception });
        else if (!pending.isSettled) this.askGateway(server, upgrade, pending);
      });
    } else if (origin) {
      admission.refusals.asConfigured(upgrade, { exception: origin });
    } else {
      this.askGateway(server, upgrade);
    }
  }

  /** @param pending Present if the client already waits. */
  private askGateway(
    server: GatewayServer,
    upgrade: Upgrade,
    pending?: PendingGatewayUpgrade,
  ): void {
    const answer = server.verdict.of(upgrade.request);
    if (answer instanceof Promise) {
      const { admission } = this.gate;
      const waiting = pending ?? new PendingGatewayUpgrade(server, upgrade, admission);
      waiting.asksGateway = true;
      this.follow(upgrade.socket, async () => this.settle(server, upgrade, await answer, waiting));
    } else this.settle(server, upgrade, answer, pending);
  }

  /** Nobody awaits the work. */
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
    pending: PendingGatewayUpgrade | undefined,
  ): void {
    if (pending && !pending.settle()) return;
    if (refusal) this.gate.admission.refusals.asConfigured(upgrade, refusal);
    else this.open(server, upgrade, protocol);
  }

  /** @returns Why the page may not connect. */
  private judge(
    request: IncomingMessage,
  ): HttpException | undefined | Promise<HttpException | undefined> {
    const { origins, logger } = this.gate;
    const failure = (error: unknown): HttpException => {
      logger.error(error);
      return new InternalServerErrorException();
    };
    try {
      const refusal = origins.refusalOf(request, () => identityOf(request));
      return refusal instanceof Promise ? refusal.catch(failure) : refusal;
    } catch (error) {
      return failure(error);
    }
  }

  private open(server: GatewayServer, upgrade: Upgrade, protocol: string | undefined): void {
    const { request, socket } = upgrade;
    const onOpen = (client: GatewayClient): void => {
      // It may have been paused while it waited.
      if (socket.isPaused()) socket.resume();
      this.admit(client, request);
      // The gateway's own verifyClient may have taken its time.
      if (server.isDraining) client.close(CloseCode.GoingAway, SHUTTING_DOWN);
      else server.emit('connection', client, request);
    };
    try {
      server.accept(upgrade, protocol, onOpen);
    } catch (error) {
      // A listener of the application threw.
      this.gate.logger.error(error);
      socket.destroy();
    }
  }

  private admit(client: GatewayClient, request: IncomingMessage): void {
    const { gate } = this;
    const { connections } = gate;
    const kept = gate.keepsRequests ? request : undefined;
    const connection: GatewayConnection = new GatewayConnection(client, kept, gate, () =>
      connections.delete(connection),
    );
    connections.add(connection);
  }
}

/**
 * Assumes the page's own scheme: the request has not passed the middleware that knows which proxies to trust, and
 * behind a proxy every page would seem to have another origin.
 */
function identityOf({ headers }: IncomingMessage): ServerIdentity {
  const protocol = /^https:/i.test(headers.origin ?? '') ? 'https' : 'http';
  return { protocol, host: headers.host };
}
