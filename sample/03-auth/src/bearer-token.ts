import type { Request } from 'express';
import { ExtractJwt } from 'passport-jwt';

/** The subprotocol that a client offers along with its token: `new WebSocket(url, ['bearer', token])`. */
export const BEARER = 'bearer';

const fromAuthorization = ExtractJwt.fromAuthHeaderAsBearerToken();

/**
 * Reads `Authorization: Bearer …` from clients that can set headers. A browser's WebSocket cannot, so it offers the
 * token as a subprotocol.
 *
 * Why not in the query? URLs end up in access logs, histories and error reports. Why not a ticket for a single
 * handshake? That works, but needs a store that all instances share and one more request. The subprotocol needs
 * neither. Its cost: a token is worth stealing until it expires. Let it live for minutes, and make sure that no
 * proxy logs the header `Sec-WebSocket-Protocol`.
 *
 * The route option `protocols: [BEARER]` selects by name, so the server never sends the token back.
 */
export function bearerToken(request: Request): string | null {
  return fromAuthorization(request) ?? fromSubprotocols(request);
}

function fromSubprotocols({ headers }: Request): string | null {
  const offered = headers['sec-websocket-protocol']?.split(',').map((name) => name.trim()) ?? [];
  const at = offered.indexOf(BEARER);
  return at < 0 ? null : (offered[at + 1] ?? null);
}
