/** What a page tells of itself; each says when it is worth trying again, or not. */
const EVENTS = ['online', 'offline', 'pagehide', 'pageshow', 'visibilitychange', 'resume'];

/** Without a page there are no events. @param until Its signal removes the listeners. */
export function listenToPage(
  until: { signal: AbortSignal },
  onEvent: (type: string) => void,
): void {
  const { document } = globalThis;
  const listener = ({ type }: Event): void => {
    if (type !== 'visibilitychange' || !document.hidden) onEvent(type);
  };
  for (const type of EVENTS)
    (/^[vr]/.test(type) ? document : globalThis)?.addEventListener?.(type, listener, until);
}
