import { SharedSession } from '../clients/shared-session.js';
import { inClear } from './http2-app.js';
import { NEST_MAJOR } from '../nest-version.js';
import { platforms, type Platform } from './platforms.js';

export interface Transport extends Platform {
  readonly label: string;
  /** Whether WebSockets are streams of one connection of HTTP/2 (RFC 8441). */
  readonly isHttp2: boolean;
}

/** Also where `transports` leaves it out. */
export const insideHttp2: Transport = {
  name: 'fastify',
  label: 'fastify inside HTTP/2',
  isHttp2: true,
  createAdapter: inClear,
  createLine: (origin) => new SharedSession(origin),
};

/**
 * The platforms over HTTP/1.1, and the one that speaks HTTP/2 with all clients of an app inside one connection:
 * `describe.each(transports)('… on $label', (platform) => …)`. Results are the same, but for what is no part of
 * HTTP/2: the form of an upgrade request and of its answer (RFC 8441 section 5), and one end of a TCP connection.
 * What an open connection does is independent of Nest's version: once is enough.
 */
export const transports: readonly Transport[] = [
  ...platforms.map((platform) => Object.assign({ label: platform.name, isHttp2: false }, platform)),
  ...(NEST_MAJOR > 11 ? [insideHttp2] : []),
];
