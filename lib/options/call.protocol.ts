/** The subprotocol of clients that put a header in front of each message. */
export const CALL_PROTOCOL = 'revali.v1';

/** `revali.v1+chat.v2` asks for the headers and for a subprotocol of the route. */
const COMBINED = `${CALL_PROTOCOL}+`;

/** Whether the name is this package's own, so that no route can have it for itself. */
export function isCallProtocol(name: string): boolean {
  return name === CALL_PROTOCOL || name.startsWith(COMBINED);
}

/** What the application sees of the name. */
export function routeProtocolOf(name: string): string {
  if (name === CALL_PROTOCOL) return '';
  return name.startsWith(COMBINED) ? name.slice(COMBINED.length) : name;
}

/** What the route is offered, in the client's order. */
export function routeProtocolsOf(offered: readonly string[]): string[] {
  return [
    ...new Set(offered.map(routeProtocolOf).filter((name) => name !== '' && !isCallProtocol(name))),
  ];
}

/**
 * The offer that carries what the route has chosen, with headers where the client asks for them.
 *
 * @param chosen By the route; `undefined` where it has chosen none.
 */
export function offerFor(
  offered: readonly string[],
  chosen: string | undefined,
): string | undefined {
  if (chosen === undefined) return offered.find((name) => name === CALL_PROTOCOL);
  return offered.find((name) => name === COMBINED + chosen) ?? chosen;
}

/** What a client offers that wants headers whatever subprotocol the route chooses. */
export function headedOffers(wanted: readonly string[]): string[] {
  const headed = wanted.map((name) => (isCallProtocol(name) ? name : COMBINED + name));
  return [...new Set([...headed, CALL_PROTOCOL])];
}
