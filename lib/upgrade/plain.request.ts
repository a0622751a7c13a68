import { IncomingMessage, ServerResponse, type Server } from 'node:http';
import { Server as TlsServer } from 'node:tls';
import { destroyWhereLost } from './lost.reset.js';
import { hasBody, isWebSocketUpgrade, type Upgrade } from './upgrade.request.js';

const EOL = '\r\n';
const PROPERTY = 'shouldUpgradeCallback';

type Decide = (request: IncomingMessage) => unknown;

/**
 * Gives a request that asks for another protocol back to Node as the plain request that it also is (RFC 9110 section
 * 7.8): its head, without the upgrade, in front of what came after it, on a connection that seems to be a new one. So
 * its body, the next request, and the client that leaves are what they are for any request. Newer versions of Node can
 * be asked to do this themselves (`shouldUpgradeCallback`), but lose what follows the request on its connection: see
 * `DeclinedOffers`.
 */
export function handBack({ server, request, socket, head }: Upgrade): void {
  const isSecure = server instanceof TlsServer;
  if (isSecure) destroyWhereLost(socket);
  if (socket.destroyed) return;
  socket.unshift(Buffer.concat([Buffer.from(headOf(request), 'latin1'), head]));
  // Node documents these events as the way to hand over connections.
  server.emit(isSecure ? 'secureConnection' : 'connection', socket);
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

/**
 * Requests with a body that offer another protocol. Newer versions of Node take the body out of what follows the head,
 * so that such a request cannot be given back as it came. They can be asked to take it as a plain one instead, but then
 * they lose what follows it on the connection: its answer is the last.
 */
export class DeclinedOffers {
  private readonly declined = new WeakSet<IncomingMessage>();

  constructor(private readonly server: Server) {}

  /** @returns The release. Where Node does not ask, there is nothing to do. */
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

  /** @param values What came with a server's event `request`. */
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
