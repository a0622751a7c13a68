import type { Request } from 'express';
import { ExtractJwt } from 'passport-jwt';

/** The subprotocol that a client offers together with its token: `new WebSocket(url, ['bearer', token])`. */
export const BEARER = 'bearer';

const fromAuthorization = ExtractJwt.fromAuthHeaderAsBearerToken();

/**
 * `Authorization: Bearer …` where the client can set headers. The WebSocket of browsers cannot: there the token is
 * offered as a subprotocol.
 *
 * Why not in the query? URLs end up in access logs, histories and error reports. Why not a ticket that is good for
 * one handshake? It does well, but needs a store that all instances share, and one more request; the subprotocol
 * needs nothing. Its price: a token is worth stealing for as long as it lives, so let it live for minutes, and see
 * that no proxy logs the header `Sec-WebSocket-Protocol`.
 *
 * The routes' option `protocols: [BEARER]` chooses by name, so that the token itself is never answered.
 */
export function bearerToken(request: Request): string | null {
  return fromAuthorization(request) ?? fromSubprotocols(request);
}

function fromSubprotocols({ headers }: Request): string | null {
  const offered = headers['sec-websocket-protocol']?.split(',').map((name) => name.trim()) ?? [];
  const at = offered.indexOf(BEARER);
  return at < 0 ? null : (offered[at + 1] ?? null);
}
