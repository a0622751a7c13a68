/** Page events that tell whether another attempt is worthwhile. */
const EVENTS = ['online', 'offline', 'pagehide', 'pageshow', 'visibilitychange', 'resume'];

/** Does nothing outside a page. @param until The signal that removes the listeners. */
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
