import type { Http2Session, Http2Stream } from 'node:http2';
import type { Socket } from 'node:net';

/**
 * One connection of HTTP/2, which carries WebSockets and plain requests. Node neither notices nor ends one whose client
 * reads nothing any more: a GOAWAY cannot be written, and even `session.destroy()` waits for it. So its socket is
 * destroyed here, some time after its last stream.
 */
export class Carrier {
  /** Whether it has ever carried a WebSocket. */
  hasCarried = false;
  /** Those that are open. */
  webSockets = 0;
  /** Those of plain requests that are open. */
  private streams = 0;
  /** Milliseconds; present once it has to end. */
  private patience: number | undefined;
  private timer: NodeJS.Timeout | undefined;

  /** @param socket `undefined` if it was accepted before anybody looked. */
  constructor(
    private readonly session: Http2Session,
    private readonly socket: Socket | undefined,
    onGone: () => void,
  ) {
    const gone = (): void => {
      clearTimeout(this.timer);
      onGone();
    };
    if (socket) socket.once('close', gone);
    else session.once('close', gone);
  }

  /** Counts the stream of a plain request until it closes. */
  add(stream: Http2Stream): void {
    this.streams += 1;
    stream.once('close', () => {
      this.streams -= 1;
      this.cutSoon();
    });
  }

  /** @returns How many others are open. */
  openWebSocket(): number {
    this.hasCarried = true;
    this.webSockets += 1;
    return this.webSockets - 1;
  }

  /** Its stream may not tell its end where nobody reads. */
  closeWebSocket(): void {
    this.webSockets -= 1;
    this.cutSoon();
  }

  /**
   * Takes no further streams. Those that are open go on.
   *
   * @param patience How long the client may take to leave after the last of them, in ms.
   */
  end(patience: number): void {
    if (patience >= (this.patience ?? Infinity)) return;
    this.patience = patience;
    this.session.close();
    this.cutSoon();
  }

  private cutSoon(): void {
    const { patience, socket } = this;
    if (patience === undefined || !socket || this.streams + this.webSockets > 0) return;
    clearTimeout(this.timer);
    if (!socket.destroyed) this.timer = setTimeout(() => socket.destroy(), patience);
  }
}
