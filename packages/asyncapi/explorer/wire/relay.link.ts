import { fieldsOf, numberOf, parsed, type Fields } from '../values.js';
import { pathOf, type Target } from './address.js';
import { ofBase64, toBase64 } from './bytes.js';
import type { Link, LinkListener, OpenLink } from './link.js';

/** Connects through the server, which can set headers and sees the content of a refusal. */
export const openRelayLink: OpenLink = (target, listener): Link => {
  const socket = new WebSocket(target.relay ?? '');
  const release = new AbortController();
  const { signal } = release;
  const end = (code: number, reason: string): void => {
    if (signal.aborted) return;
    release.abort();
    socket.close();
    listener.closed(code, reason);
  };
  socket.addEventListener('open', () => socket.send(requestOf(target)), { signal });
  socket.addEventListener(
    'message',
    ({ data }: MessageEvent<unknown>) => {
      const event = typeof data === 'string' ? fieldsOf(parsed(data)?.value) : {};
      tell(event, listener, end);
    },
    { signal },
  );
  socket.addEventListener(
    'close',
    ({ code, reason }) => {
      listener.failed(
        code === 1009
          ? 'The relay takes no more than 4 MiB for a message: bytes take a third more as base64.'
          : `The relay has ended (${code}${reason && ` ${reason}`}).`,
      );
      end(code === 1009 ? code : 1006, '');
    },
    { signal },
  );
  const say = (message: Fields): void => socket.send(JSON.stringify(message));
  return {
    send: (payload) =>
      say({
        send: typeof payload === 'string' ? { text: payload } : { base64: toBase64(payload) },
      }),
    close: (code, reason) => {
      if (socket.readyState === WebSocket.OPEN) say({ close: { code, reason } });
      else end(1006, '');
    },
    dispose: () => {
      release.abort();
      socket.close();
    },
  };
};

function requestOf(target: Target): string {
  const headers: Record<string, string> = {};
  for (const [name, value] of target.headers) {
    const between = name.toLowerCase() === 'cookie' ? '; ' : ', ';
    headers[name] = Object.hasOwn(headers, name)
      ? `${headers[name] ?? ''}${between}${value}`
      : value;
  }
  return JSON.stringify({ path: pathOf(target), headers, protocols: target.protocols });
}

function tell(
  event: Fields,
  listener: LinkListener,
  end: (code: number, reason: string) => void,
): void {
  const text = (name: string): string => (typeof event[name] === 'string' ? event[name] : '');
  switch (event['event']) {
    case 'open':
      return listener.opened(text('protocol'), fieldsOf(event['headers']));
    case 'refused':
      listener.refused(numberOf(event['status']) ?? 0, fieldsOf(event['headers']), text('body'));
      return end(1006, '');
    case 'message':
      return listener.received(
        'base64' in event ? (ofBase64(text('base64')) ?? new Uint8Array()) : text('text'),
      );
    case 'ping':
    case 'pong':
      return listener.controlled(event['event'], ofBase64(text('base64')) ?? new Uint8Array());
    case 'error':
      return listener.failed(text('message') || 'The relay reports an error.');
    case 'close':
      return end(numberOf(event['code']) ?? 1005, text('reason'));
    default:
      return undefined;
  }
}
