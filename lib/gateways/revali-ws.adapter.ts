import type { INestApplicationContext, WsMessageHandler } from '@nestjs/common';
import { AbstractWsAdapter } from '@nestjs/websockets';
import type { EventEmitter } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import { UnsupportedNamespaceException, type ForeignPath } from '../errors/revali-ws.exceptions.js';
import type { ApplicationEnd } from '../nest/application.end.js';
import { assertSocketParts } from '../ws/socket.probe.js';
import { GatewayApplication } from './gateway.application.js';
import type { ClientConnection, GatewayClient } from './gateway.client.js';
import type { GatewaySnapshot } from './gateway.counters.js';
import { guardHooks } from './gateway.hooks.js';
import { GatewayHost } from './gateway.host.js';
import type { ResultTransform } from './gateway.messages.js';
import {
  resolveAdapterOptions,
  type GatewayMessageParser,
  type GatewayOptions,
  type ResolvedAdapterOptions,
  type RevaliWsAdapterOptions,
} from './gateway.options.js';
import { gatewayPath } from './gateway.path.js';
import { GatewayServer } from './gateway.server.js';
import { createGate, type GatewayGate } from './gateway.upgrade.js';

type CloseListener = (code: number, reason: Buffer) => void;

/** The port number that means the application's own server. */
const OWN_SERVER = 0;

/**
 * Serves `@WebSocketGateway()` classes over plain WebSockets: a drop-in replacement for Nest's `WsAdapter`, with the
 * same messages `{"event": …, "data": …}`. `RevaliWsModule.forRoot()` sets one, with the module's options, if the
 * application sets no adapter of its own and `@nestjs/platform-socket.io` is not installed. Otherwise, set it with
 * `app.useWebSocketAdapter(app.get(RevaliWsAdapter))`.
 *
 * @example
 * ```ts
 * const app = await NestFactory.create(AppModule);
 * app.useWebSocketAdapter(new RevaliWsAdapter(app, { origins: ['https://app.example.com'] }));
 * ```
 */
export class RevaliWsAdapter extends AbstractWsAdapter implements ApplicationEnd {
  private readonly application: GatewayApplication;
  private readonly options: ResolvedAdapterOptions;
  private readonly gate: GatewayGate;
  /** @internal Whether the application is closed. */
  isOver = false;
  private readonly hosts = new Map<number, GatewayHost>();
  private readonly servers = new Set<GatewayServer>();
  private hasLookedAround = false;

  /**
   * @param app The application, or only its http server; exceptions of `handleConnection` and the reason for
   * `handleDisconnect` need the application.
   * @throws InvalidWebSocketOptionException
   */
  constructor(app?: INestApplicationContext | object, options: RevaliWsAdapterOptions = {}) {
    super(app);
    this.application = new GatewayApplication(app);
    this.options = resolveAdapterOptions(options);
    this.gate = createGate(this.options);
  }

  /**
   * Called by Nest for the first gateway on each pair of port and path.
   *
   * @throws UnsupportedNamespaceException
   * @throws UnsupportedWsVersionException
   * @throws DuplicateGatewayPathException
   * @throws InvalidWebSocketPathException
   */
  override create(port: number, options: GatewayOptions = {}): GatewayServer {
    if (options.namespace) throw new UnsupportedNamespaceException(options.namespace);
    if (this.hosts.size === 0) assertSocketParts();
    this.lookAround();
    const host = this.hostOf(port);
    const path = gatewayPath(options.path, host.isOwn, this.globalPrefix);
    const server = new GatewayServer(path, host.server, this.options, options);
    server.on('error', (error) => this.gate.logger.error(error));
    host.upgrades.table.add(server, this.nameOf(port, options.path));
    this.servers.add(server);
    return server;
  }

  /** @internal Called by Nest for each gateway. */
  override bindClientConnect(server: GatewayServer, callback: () => void): void {
    expectListener(server);
    server.on('connection', callback);
  }

  /** @internal Called by Nest for each client of each gateway. */
  override bindClientDisconnect(client: GatewayClient, callback: CloseListener): void {
    expectListener(client);
    client.once('close', callback);
  }

  /** @internal Called by Nest for each client. */
  override bindMessageHandlers(
    client: GatewayClient,
    handlers: WsMessageHandler<unknown>[],
    transform: ResultTransform,
  ): void {
    client.connection?.messages.bind(handlers, transform);
  }

  /** @internal The path of a gateway on the application's server, which routes must not use too. */
  servedPath(path: string | undefined): Pick<ForeignPath, 'path' | 'takes'> {
    const served = gatewayPath(path, false, this.globalPrefix);
    const table = this.hosts.get(OWN_SERVER)?.upgrades.table;
    return { path: served, takes: (other) => table?.find(other)?.server.path === served };
  }

  /** Called by newer versions of Nest for a client that came before the application had started. */
  closeClient(client: Pick<GatewayClient, 'close'>): void {
    client.close(1013, 'Server is starting');
  }

  /** Sets the parser for messages of another form; also available as an option. */
  setMessageParser(parser: GatewayMessageParser): void {
    this.gate.parser = parser;
  }

  /** Counters of all gateways of this adapter. */
  snapshot(): GatewaySnapshot {
    return this.gate.counters.snapshot(this.gate.connections.size);
  }

  /** @internal Ends all clients while the application's providers still exist. */
  async shutDown(): Promise<void> {
    await Promise.all([...this.servers].map((server) => this.drain(server)));
    this.gate.admission.refusals.drain();
  }

  /**
   * Refuses new clients, lets running handlers finish, closes with 1001, and cuts whatever takes longer than
   * `shutdownTimeout`.
   */
  override async close(server: GatewayServer): Promise<void> {
    await this.drain(server);
    this.servers.delete(server);
    // Also if a gateway has closed its server itself.
    await new Promise<void>((resolve) => server.close(() => resolve()));
  }

  /** Restores the application's server, and closes those on separate ports. */
  override async dispose(): Promise<void> {
    const hosts = [...this.hosts.values()];
    this.isOver = true;
    this.hosts.clear();
    await Promise.all(hosts.map((host) => host.close(this.forceCloseConnections)));
  }

  private get globalPrefix(): string {
    return this.options.globalPrefix ? this.application.globalPrefix : '';
  }

  private hostOf(port: number): GatewayHost {
    const present = this.hosts.get(port);
    if (present) return present;
    const shared = port === OWN_SERVER ? this.application.server : undefined;
    const host = shared
      ? new GatewayHost(shared, false, this.gate)
      : GatewayHost.onPort(port, this.gate);
    this.hosts.set(port, host);
    return host;
  }

  /** Runs before Nest takes the methods of the first gateway. */
  private lookAround(): void {
    if (this.hasLookedAround) return;
    this.hasLookedAround = true;
    this.application.gateways.forEach(guardHooks);
    this.gate.keepsRequests = this.application.hasRoomHooks;
  }

  private nameOf(port: number, path: string | undefined): string {
    const gateway = this.application.gateways.find(
      (candidate) => candidate.port === port && candidate.path === path,
    );
    return gateway ? `The gateway ${gateway.name}` : 'A gateway';
  }

  private async drain(server: GatewayServer): Promise<void> {
    const { admission } = this.gate;
    server.isDraining = true;
    // The gateway's own verdict may still come while others finish.
    admission.refusePending((upgrade) => upgrade.server === server && !upgrade.asksGateway);
    await this.end([...server.clients].flatMap(({ connection }) => connection ?? []));
    admission.refusePending((upgrade) => upgrade.server === server);
  }

  private async end(connections: readonly ClientConnection[]): Promise<void> {
    const clock = new AbortController();
    const closed = Promise.all(connections.map((connection) => connection.shutDown()));
    const expired = wait(this.options.shutdownTimeout, undefined, { signal: clock.signal });
    await Promise.race([closed, expired.catch(() => undefined)]);
    clock.abort();
    for (const connection of connections) connection.terminate();
  }
}

/** Node warns of more than ten listeners, and each of the gateways on one path has one. */
function expectListener(emitter: EventEmitter): void {
  const most = emitter.getMaxListeners();
  // 0 is no limit.
  if (most > 0) emitter.setMaxListeners(most + 1);
}
