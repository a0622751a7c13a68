/** The subprotocol of clients that put a header before each message. */
export const CALL_PROTOCOL = 'revali.v1';

/** `revali.v1+chat.v2` asks for the headers and for a subprotocol of the route. */
const COMBINED = `${CALL_PROTOCOL}+`;

/** Whether this package owns the name. Routes cannot use such a name. */
export function isCallProtocol(name: string): boolean {
  return name === CALL_PROTOCOL || name.startsWith(COMBINED);
}

/** The name as the application sees it. */
export function routeProtocolOf(name: string): string {
  if (name === CALL_PROTOCOL) return '';
  return name.startsWith(COMBINED) ? name.slice(COMBINED.length) : name;
}

/** The protocols offered to the route, in the client's order. */
export function routeProtocolsOf(offered: readonly string[]): string[] {
  return [
    ...new Set(offered.map(routeProtocolOf).filter((name) => name !== '' && !isCallProtocol(name))),
  ];
}

/**
 * The offer that stands for the route's choice, with headers if the client asks for them.
 *
 * @param chosen The route's choice; `undefined` if it made none.
 */
export function offerFor(
  offered: readonly string[],
  chosen: string | undefined,
): string | undefined {
  if (chosen === undefined) return offered.find((name) => name === CALL_PROTOCOL);
  return offered.find((name) => name === COMBINED + chosen) ?? chosen;
}

/** The offers of a client that wants headers with any subprotocol the route chooses. */
export function headedOffers(wanted: readonly string[]): string[] {
  const headed = wanted.map((name) => (isCallProtocol(name) ? name : COMBINED + name));
  return [...new Set([...headed, CALL_PROTOCOL])];
}
