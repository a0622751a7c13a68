/** What a page tells of itself; each says when it is worth trying again, or not. */
export type PageEvent =
  'online' | 'offline' | 'pagehide' | 'pageshow' | 'visibilitychange' | 'resume';

const EVENTS: readonly PageEvent[] = [
  'online',
  'offline',
  'pagehide',
  'pageshow',
  'visibilitychange',
  'resume',
];

/** Where there is no page, nothing is ever heard. @returns What stops it. */
export function listenToPage(onEvent: (type: string) => void): () => void {
  const { document } = globalThis;
  const listener = ({ type }: Event): void => {
    if (type !== 'visibilitychange' || !document.hidden) onEvent(type);
  };
  const targets = EVENTS.map((type) => [type, /^[vr]/.test(type) ? document : globalThis] as const);
  for (const [type, target] of targets) target?.addEventListener?.(type, listener);
  return () => {
    for (const [type, target] of targets) target?.removeEventListener?.(type, listener);
  };
}
