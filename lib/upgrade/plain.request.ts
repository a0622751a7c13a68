import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { Server as TlsServer } from 'node:tls';

const EOL = '\r\n';

/**
 * Gives a request that asks for another protocol back to Node as the plain request that it also is (RFC 9110 section
 * 7.8): its head, without the upgrade, in front of what came after it, on a connection that seems to be a new one. So
 * its body, the next request, and the client that leaves are what they are for any request. Newer versions of Node can
 * be asked to do this themselves (`shouldUpgradeCallback`), but lose what follows the request on its connection: see
 * `DeclinedOffers`.
 */
export function handBack(
  server: Server,
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
): void {
  socket.unshift(Buffer.concat([Buffer.from(headOf(request), 'latin1'), head]));
  // Node documents these events as the way to hand over connections.
  server.emit(server instanceof TlsServer ? 'secureConnection' : 'connection', socket);
  // Somebody who was asked about the upgrade may have paused it.
  if (socket.isPaused()) socket.resume();
}

/** Not longer than the client has written it, so that it is within the limit of heads again. */
function headOf({ method, url, httpVersion, rawHeaders }: IncomingMessage): string {
  const lines = [`${method} ${url} HTTP/${httpVersion}`];
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? '';
    const value = valueWithoutUpgrade(name.toLowerCase(), rawHeaders[index + 1] ?? '');
    if (value !== undefined) lines.push(`${name}:${value}`);
  }
  return [...lines, EOL].join(EOL);
}

/** `undefined` where nothing is left of the header. */
function valueWithoutUpgrade(name: string, value: string): string | undefined {
  if (name === 'upgrade') return undefined;
  if (name !== 'connection') return value;
  const options = value.split(',').map((option) => option.trim());
  return options.filter((option) => option.toLowerCase() !== 'upgrade').join(',') || undefined;
}
