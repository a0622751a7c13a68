import { IncomingMessage, ServerResponse, type Server } from 'node:http';
import { hasBody, isWebSocketUpgrade } from './upgrade.request.js';

const PROPERTY = 'shouldUpgradeCallback';

type Decide = (request: IncomingMessage) => unknown;

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

  /** Of the event `request` of a server. */
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
