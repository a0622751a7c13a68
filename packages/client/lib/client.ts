import { fillPath } from './address.js';
import type { Client, ClientOptions } from './client.types.js';
import { settingsOf, type Given } from './connection.settings.js';
import { openConnection } from './connection.js';
import { world, type Environment } from './environment.js';
import type { AnyRoutes, RouteMap } from './route.types.js';

/**
 * Creates a client of one server. Nothing connects until you call `connect()`. Each call opens a connection that
 * reconnects until it is closed.
 *
 * @typeParam Routes The server's routes by path, written by `revali-ws client` or by hand. Without it, you can send
 *   anything, and every message that arrives is unknown.
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

/** Creates a client with its own clock, timers and random numbers. */
export function createClientIn<Routes extends RouteMap>(
  environment: Environment,
  client: ClientOptions,
): Client<Routes> {
  const connect = (path: string, given: Given = {}): object => {
    const constructor = client.WebSocket ?? globalThis.WebSocket;
    if (!constructor)
      throw new TypeError('This runtime has no WebSocket: give createClient() that of "ws".');
    const filled = fillPath(path, given.params ?? {});
    return openConnection(filled, constructor, settingsOf(path, client, given), environment);
  };
  return { connect } as Client<Routes>;
}
