import { InternalServerErrorException, Logger, ServiceUnavailableException } from '@nestjs/common';
import { contained } from '../errors/contained.js';
import { stackOf } from '../log/error.text.js';
import { ThrottledLog } from '../log/throttled.log.js';
import type { ConnectionCounters } from '../metrics/connection.counters.js';
import type { HttpPlatform } from '../platforms/http.platform.js';
import type { RouteCandidate, RouteTable } from '../routing/route.table.js';
import type { Admission, UpgradeReceiver } from '../upgrade/admission.js';
import type { Upgrade } from '../upgrade/upgrade.request.js';
import type { HandshakeRegistry } from './handshake.registry.js';
import { UpgradeExchange, type ExchangeDependencies } from './upgrade.exchange.js';

export type RouteAdmission = Admission<UpgradeExchange>;

export interface RouteUpgradesDependencies {
  readonly table: RouteTable;
  readonly admission: RouteAdmission;
  readonly handshakes: HandshakeRegistry;
  readonly counters: ConnectionCounters;
  readonly platform: HttpPlatform;
}

/** Sends upgrades for routes through the application's HTTP pipeline. */
export class RouteUpgrades implements UpgradeReceiver<readonly RouteCandidate[]> {
  private readonly faults = new ThrottledLog((line) =>
    new Logger('WebSocketHandshake').error(line),
  );
  private readonly ofExchanges: ExchangeDependencies;

  constructor(private readonly deps: RouteUpgradesDependencies) {
    const { admission, handshakes, platform } = deps;
    this.ofExchanges = {
      closeRefusal: admission.refusals.closeRefusal,
      createResponse: (request) => platform.createResponse(request),
      onFault: this.onFault,
      onOver: (exchange) => {
        admission.pending.delete(exchange);
        handshakes.end(exchange);
      },
    };
  }

  get speaksHttp2(): boolean {
    return this.deps.platform.speaksHttp2;
  }

  find(path: string): readonly RouteCandidate[] | undefined {
    const candidates = this.deps.table.find(path);
    return candidates.length > 0 ? candidates : undefined;
  }

  isClosing(): boolean {
    return this.deps.admission.isDraining;
  }

  receive(upgrade: Upgrade, candidates: readonly RouteCandidate[]): void {
    const { admission, counters, handshakes } = this.deps;
    shareUrl(upgrade, candidates);
    const exchange = new UpgradeExchange(upgrade, candidates, this.ofExchanges);
    admission.pending.add(exchange);
    handshakes.begin(exchange);
    exchange.onEnd(({ status }) => counters.refuse(status));
    exchange.begin();
    this.enterPipeline(exchange);
    if (exchange.isPending) void Promise.resolve(exchange).then(this.waitSoon);
  }

  /** After all microtasks: guards that need no I/O have decided by then. */
  private readonly waitSoon = (exchange: UpgradeExchange): void =>
    process.nextTick(this.waitFor, exchange);

  /** Nothing is read from the socket before. */
  private readonly waitFor = (pending: UpgradeExchange): void =>
    contained(pending, (exchange) => {
      if (exchange.isPending) exchange.wait(this.deps.admission.limits.handshakeTimeout);
    });

  private readonly onFault = (error: unknown): void =>
    this.faults.add(() => `A handshake was refused after ${stackOf(error)}`);

  private enterPipeline(exchange: UpgradeExchange): void {
    const { request, response, upgrade } = exchange;
    const enter = (): void => {
      try {
        if (exchange.isPending) upgrade.server.emit('request', request, response);
      } catch (error) {
        this.onFault(error);
        exchange.error = error;
        exchange.refuse({ exception: new InternalServerErrorException() });
      }
    };
    const starting = this.deps.platform.whenReady();
    if (!starting) return enter();
    starting.then(enter, (error: unknown) => {
      exchange.error = error;
      exchange.refuse({ exception: new ServiceUnavailableException('Server is not ready') });
    });
  }
}

/** Shares one text among all connections of a route if it has no parameters and the client sends no query. */
function shareUrl({ request }: Upgrade, [first]: readonly RouteCandidate[]): void {
  if (first && request.url === first.served.path) request.url = first.served.path;
}
