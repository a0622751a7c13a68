import { Inject, Injectable } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { connectInProcess, WebSocketRoutes, type WebSocketConnection } from 'nestjs-revali-ws';
import { Server, Socket } from 'node:net';
import { memberOf } from '../schema/json.schema.js';
import { inheritedHeaders, RelayFault, type RelayRequest } from './relay.request.js';
import { isRelay, isServedAt } from './relay.routes.js';
import { RelaySession } from './relay.session.js';
import { RelayedSocket, type Tell } from './relayed.socket.js';

const MAX_RELAYS = 64;
const MAX_PER_ADDRESS = 8;

/** The relays of one application. */
@Injectable()
export class RelayService {
  private readonly sessions = new WeakMap<object, RelaySession>();
  /** Open relays by the address of the page. */
  private readonly open = new Map<string, number>();
  /** The server's ends of relayed connections. */
  private readonly relayed = new WeakSet<object>();

  constructor(
    @Inject(WebSocketRoutes) private readonly routes: WebSocketRoutes,
    @Inject(HttpAdapterHost) private readonly host: HttpAdapterHost,
  ) {}

  /** Called before the first message. */
  begin(connection: WebSocketConnection<object>): void {
    const address = String(memberOf(connection.request, 'ip'));
    const isRelayed = this.relayed.has(carrierOf(connection));
    if (isRelayed || !this.take(address, connection)) {
      connection.close(1013, isRelayed ? 'The relay does not relay itself' : 'Too many relays');
      return;
    }
    const session = new RelaySession(connection, (request, tell) =>
      this.dial(connection, request, tell),
    );
    this.sessions.set(connection, session);
  }

  async receive(connection: WebSocketConnection<object>, text: string): Promise<void> {
    await this.sessions.get(connection)?.receive(text);
  }

  private take(address: string, connection: WebSocketConnection<object>): boolean {
    const { open } = this;
    const own = open.get(address) ?? 0;
    const all = [...open.values()].reduce((sum, count) => sum + count, 0);
    if (own >= MAX_PER_ADDRESS || all >= MAX_RELAYS) return false;
    open.set(address, own + 1);
    connection.onClose(() => {
      const left = (open.get(address) ?? 1) - 1;
      if (left > 0) open.set(address, left);
      else open.delete(address);
    });
    return true;
  }

  private dial(
    connection: WebSocketConnection<object>,
    request: RelayRequest,
    tell: Tell,
  ): RelayedSocket {
    this.assertServed(request.path);
    const inherited = inheritedHeaders(connection.headers);
    const headers = { ...inherited, ...request.headers };
    const socket = socketOf(connection);
    const pair = connectInProcess(this.serverOf(socket), { remoteAddress: socket?.remoteAddress });
    this.relayed.add(pair.server);
    try {
      return new RelayedSocket({ ...request, headers }, 'localhost', pair.client, tell);
    } catch (error) {
      pair.client.destroy();
      throw new RelayFault(error instanceof Error ? error.message : 'The request cannot be made.');
    }
  }

  /** Allows only routes of this application, except the relay. */
  private assertServed(target: string): void {
    const [path = ''] = target.split('?');
    const found = this.routes.all.filter((route) => isServedAt(route, path));
    if (found.length === 0) throw new RelayFault('"path" is no WebSocket route of this server.');
    if (found.some(isRelay)) throw new RelayFault('The relay does not relay itself.');
  }

  /** The server that the page connected to: an application may listen with several. */
  private serverOf(socket: Socket | undefined): Server {
    const candidates = [memberOf(socket, 'server'), this.host.httpAdapter.getHttpServer()];
    for (const server of candidates) if (server instanceof Server) return server;
    throw new RelayFault("The relay needs one of Node's servers.");
  }
}

/** Finds the socket in a request of Express or Fastify. */
function socketOf({ request }: WebSocketConnection<object>): Socket | undefined {
  const socket = memberOf(request, 'socket');
  return socket instanceof Socket ? socket : undefined;
}

/** The socket of the whole connection, which over HTTP/2 carries many. */
function carrierOf(connection: WebSocketConnection<object>): object {
  const socket = socketOf(connection);
  const carrier = memberOf(socket, 'carrier');
  return carrier instanceof Socket ? carrier : (socket ?? {});
}
