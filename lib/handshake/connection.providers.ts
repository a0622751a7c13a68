import { Scope, type Abstract, type FactoryProvider } from '@nestjs/common';
import { REQUEST } from '@nestjs/core';
import type { Connection } from '../connection/connection.js';
import { NoConnectionException } from '../errors/revali-ws.exceptions.js';
import {
  AsyncWebSocketSender,
  CleanUp,
  CloseWebSocket,
  WebSocketConnection,
} from '../handles/connection.handles.js';
import { bareInstanceOf } from '../nest/prototype.js';
import { HandshakeRegistry } from './handshake.registry.js';

/**
 * The handles as providers. They are request-scoped, and so is every class that injects them: one instance per
 * connection. In a plain HTTP request, which has no connection, using one throws `NoConnectionException`.
 */
export const connectionProviders: FactoryProvider[] = [
  provide(CloseWebSocket, (connection) => connection.lend().lent.closer),
  provide(AsyncWebSocketSender, (connection) => connection.lent.sender),
  provide(CleanUp, (connection) => connection.lent.cleanUp),
  provide(WebSocketConnection, (connection) => connection.lend()),
];

type Handle = CloseWebSocket | AsyncWebSocketSender | CleanUp | WebSocketConnection;

function provide(
  token: Abstract<Handle>,
  pick: (connection: Connection) => Handle,
): FactoryProvider<object> {
  return {
    provide: token,
    scope: Scope.REQUEST,
    inject: [REQUEST, HandshakeRegistry],
    useFactory: (request: unknown, handshakes: HandshakeRegistry) => {
      const connection = handshakes.connectionOf(rawOf(request));
      return connection ? pick(connection) : withoutConnection(token);
    },
  };
}

/** Fastify's request wraps Node's own. */
function rawOf(request: unknown): object {
  if (typeof request !== 'object' || request === null) return {};
  const raw: unknown = Reflect.get(request, 'raw');
  return typeof raw === 'object' && raw !== null ? raw : request;
}

function withoutConnection(token: Abstract<Handle>): object {
  return new Proxy(bareInstanceOf(token), {
    get: (target, key, receiver): unknown => {
      if (typeof key === 'symbol' || !MEMBERS.has(key)) return Reflect.get(target, key, receiver);
      throw new NoConnectionException(`${token.name}.${key}`);
    },
  });
}

/** Nest itself reads other properties of every instance, such as `then` and its lifecycle hooks. */
const MEMBERS: ReadonlySet<string> = new Set([
  'add',
  'bufferedAmount',
  'close',
  'data',
  'expiresAt',
  'handshake',
  'headers',
  'id',
  'isOpen',
  'onClose',
  'params',
  'prepare',
  'protocol',
  'request',
  'send',
  'signal',
  'socket',
]);
