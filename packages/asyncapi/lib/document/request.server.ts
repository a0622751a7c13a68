import type { AsyncApiServer } from './document.types.js';

/** What Express and Fastify have in common. */
export interface DocumentRequest {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly protocol?: string;
  /** With the port, and behind a trusted proxy that of the proxy. */
  readonly host?: string;
  readonly url?: string;
  readonly originalUrl?: string;
}

/** Letters of a host with a port; the client has chosen them. */
const HOST = /^[\w.\-:[\]]+$/;

/** Where a request has found the application. */
export function serverOf({ headers, protocol, host }: DocumentRequest): AsyncApiServer | undefined {
  const named = host ?? headers['host'];
  if (typeof named !== 'string' || !HOST.test(named)) return undefined;
  return { host: named, protocol: protocol === 'https' ? 'wss' : 'ws' };
}
