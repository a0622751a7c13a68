import type { AsyncApiServer } from './document.types.js';

/** The properties of a request that Express and Fastify share. */
export interface DocumentRequest {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly protocol?: string;
  /** The host with its port; behind a trusted proxy, the proxy's host. */
  readonly host?: string;
  readonly url?: string;
  readonly originalUrl?: string;
}

/** Characters of a host with a port. The client chooses them. */
const HOST = /^[\w.\-:[\]]+$/;

/** The server at which the request reached the application. */
export function serverOf({ headers, protocol, host }: DocumentRequest): AsyncApiServer | undefined {
  const named = host ?? headers['host'];
  if (typeof named !== 'string' || !HOST.test(named)) return undefined;
  return { host: named, protocol: protocol === 'https' ? 'wss' : 'ws' };
}
