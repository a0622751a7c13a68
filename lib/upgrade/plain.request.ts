import { IncomingMessage, ServerResponse } from 'node:http';
import type { Server } from 'node:net';
import { Server as TlsServer } from 'node:tls';
import { destroyWhereLost } from './lost.reset.js';
import { hasBody, isWebSocketUpgrade, type Upgrade } from './upgrade.request.js';

const EOL = '\r\n';
const PROPERTY = 'shouldUpgradeCallback';

type Decide = (request: IncomingMessage) => unknown;

/**
 * Returns a request for another protocol to Node as the plain request that it also is (RFC 9110 section 7.8). Node gets
 * its head without the upgrade, followed by the bytes after it, on what looks like a new connection, so its body, the
 * next request, and a client that leaves are handled as for any request. Newer versions of Node can be asked to do this
 * themselves (`shouldUpgradeCallback`), but lose what follows the request on its connection: see `DeclinedOffers`.
 */
export function handBack({ server, request, socket, head }: Upgrade): void {
  const isSecure = server instanceof TlsServer;
  if (isSecure) destroyWhereLost(socket);
  if (socket.destroyed) return;
  socket.unshift(Buffer.concat([Buffer.from(headOf(request), 'latin1'), head]));
  // Node documents these events as the way to hand over connections.
  server.emit(isSecure ? 'secureConnection' : 'connection', socket);
  // A listener that was asked about the upgrade may have paused it.
  if (socket.isPaused()) socket.resume();
}

/** No longer than the client wrote it, so that it stays within the limit on heads. */
function headOf({ method, url, httpVersion, rawHeaders }: IncomingMessage): string {
  const lines = [`${method} ${url} HTTP/${httpVersion}`];
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? '';
    const value = valueWithoutUpgrade(name.toLowerCase(), rawHeaders[index + 1] ?? '');
    if (value !== undefined) lines.push(`${name}:${value}`);
  }
  return [...lines, EOL].join(EOL);
}

/** `undefined` if nothing is left of the header. */
function valueWithoutUpgrade(name: string, value: string): string | undefined {
  if (name === 'upgrade') return undefined;
  if (name !== 'connection') return value;
  const options = value.split(',').map((option) => option.trim());
  return options.filter((option) => option.toLowerCase() !== 'upgrade').join(',') || undefined;
}

/**
 * Handles requests with a body that offer another protocol. Newer versions of Node remove the body from what follows
 * the head, so such a request cannot be returned as it came. They can be asked to treat it as a plain request instead,
 * but then they lose what follows on the connection: its answer is the last.
 */
export class DeclinedOffers {
  private readonly declined = new WeakSet<IncomingMessage>();

  constructor(private readonly server: Server) {}

  /** @returns Uninstalls it. If Node does not ask, there is nothing to do. */
  install(): () => void {
    const { server } = this;
    const original: unknown = Reflect.get(server, PROPERTY);
    if (typeof original !== 'function') return () => undefined;
    const decide: Decide = (request) =>
      Boolean(Reflect.apply(original, server, [request])) && !this.isDeclined(request);
    Reflect.set(server, PROPERTY, decide);
    return () => {
      if (Reflect.get(server, PROPERTY) === decide) Reflect.set(server, PROPERTY, original);
    };
  }

  /** @param values The arguments of a server's `request` event. */
  note([request, response]: readonly unknown[]): void {
    if (!(request instanceof IncomingMessage) || !this.declined.has(request)) return;
    if (response instanceof ServerResponse) response.shouldKeepAlive = false;
  }

  private isDeclined(request: IncomingMessage): boolean {
    if (isWebSocketUpgrade(request) || !hasBody(request)) return false;
    this.declined.add(request);
    return true;
  }
}
