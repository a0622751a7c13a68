import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';

/** A reverse proxy that takes a prefix off the front of each path, for requests and upgrades alike. */
export async function startProxy(
  port: string,
  prefix: string,
): Promise<{ url: string; close(): Promise<void> }> {
  const sockets = new Set<Socket>();
  const server = createServer();
  const forward = (request: IncomingMessage, client: Socket, connection: string): void => {
    const { method = 'GET', url = '/', headers } = request;
    const upstream = connect(Number(port), '127.0.0.1');
    sockets.add(upstream).add(client);
    const lines = Object.entries({ ...headers, connection }).map(
      ([name, value]) => `${name}: ${String(value)}`,
    );
    upstream.write(
      [`${method} ${url.slice(prefix.length)} HTTP/1.1`, ...lines, '', ''].join('\r\n'),
    );
    upstream.pipe(client).pipe(upstream);
    for (const each of [upstream, client]) each.on('error', () => upstream.destroy());
  };
  server.on('request', (request: IncomingMessage) => forward(request, request.socket, 'close'));
  server.on('upgrade', (request: IncomingMessage, client: Socket) =>
    forward(request, client, 'Upgrade'),
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port: own } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${own}`,
    close: async () => {
      server.closeAllConnections();
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
