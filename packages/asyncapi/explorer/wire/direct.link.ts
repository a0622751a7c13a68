import { urlOf } from './address.js';
import type { Link, OpenLink } from './link.js';

/** Opens the browser's own socket, with its cookies, its limits, and the view that users' pages have. */
export const openDirectLink: OpenLink = (target, listener): Link => {
  const socket = new WebSocket(urlOf(target), [...target.protocols]);
  const release = new AbortController();
  const { signal } = release;
  socket.binaryType = 'arraybuffer';
  socket.addEventListener('open', () => listener.opened(socket.protocol), { signal });
  socket.addEventListener(
    'message',
    ({ data }: MessageEvent<unknown>) => {
      if (typeof data === 'string') listener.received(data);
      else if (data instanceof ArrayBuffer) listener.received(new Uint8Array(data));
    },
    { signal },
  );
  socket.addEventListener(
    'close',
    ({ code, reason }) => {
      release.abort();
      listener.closed(code, reason);
    },
    { signal },
  );
  return {
    send: (payload) => socket.send(payload),
    close: (code, reason) => socket.close(code, reason),
    dispose: () => {
      release.abort();
      socket.close();
    },
  };
};
