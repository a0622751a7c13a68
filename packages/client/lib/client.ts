import { fillPath } from './address.js';
import type { Client, ClientOptions, ConnectOptions } from './client.types.js';
import { settingsOf } from './connection.settings.js';
import { ClientConnection } from './connection.js';
import { world, type Environment } from './environment.js';
import type { AnyRoutes, Params, Query, RouteMap } from './route.types.js';

/** What `connect()` is given, whatever its route says of it. */
interface Given extends ConnectOptions {
  readonly params?: Params;
  readonly query?: Query;
}

/**
 * A client of one server. It does nothing by itself: each `connect()` opens a connection, which comes back until it is
 * closed.
 *
 * @typeParam Routes What the server has, by path: as `revali-ws client` writes it, or by hand. Without it everything
 *   goes, and everything that comes is unknown.
 *
 * @example
 * ```ts
 * const ws = createClient<Routes>({ url: 'https://api.example.com' });
 * const chat = ws.connect('/chat/:room', { params: { room: 'blue' } });
 * await chat.send({ type: 'say', text: 'hi' });
 * for await (const event of chat) render(event);
 * ```
 */
export function createClient<Routes extends RouteMap = AnyRoutes>(
  options: ClientOptions,
): Client<Routes> {
  return createClientIn<Routes>(world, options);
}

/** With a clock and chance of its own. */
export function createClientIn<Routes extends RouteMap>(
  environment: Environment,
  client: ClientOptions,
): Client<Routes> {
  const connect = (path: string, given: Given = {}): unknown => {
    const constructor = client.WebSocket ?? globalThis.WebSocket;
    if (!constructor)
      throw new TypeError('This runtime has no WebSocket: give createClient() that of "ws".');
    return new ClientConnection(
      settingsOf(path, client, given),
      {
        client,
        constructor,
        environment,
        path: fillPath(path, given.params ?? {}),
        isHeaded: given.headers ?? true,
      },
      given.signal,
    );
  };
  return { connect } as Client<Routes>;
}
