import { messageOf } from '../values.js';
import { urlOf, type Target } from './address.js';
import { meaningOf } from './close.codes.js';
import { openDirectLink } from './direct.link.js';
import { FrameLog, UNKNOWN } from './frame.log.js';
import type { Payload } from './bytes.js';
import type { Link, LinkListener } from './link.js';
import { openRelayLink } from './relay.link.js';

export type ConnectionState = 'connecting' | 'open' | 'waiting' | 'closed';

const BASE_WAIT = 1000;
const LONGEST_WAIT = 15_000;

/** One connection to a route, over as many sockets as it takes. */
export class Connection {
  readonly log = new FrameLog();
  state: ConnectionState = 'connecting';
  protocol = '';
  /** Time of the next attempt, in ms since 1970. Only valid in the state `waiting`. */
  retryAt = 0;
  private link: Link | undefined;
  private timer: number | undefined;
  private attempts = 0;
  private hasOpened = false;
  private isLeft = false;
  private readonly listeners = new Set<() => void>();

  constructor(
    readonly number: number,
    readonly target: Target,
    /** Whether another attempt follows when the other side closes. */
    public reconnects: boolean,
  ) {}

  /** @returns A function that removes the listener. */
  onChange(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  open(): void {
    this.stopWaiting();
    this.hasOpened = false;
    this.isLeft = false;
    this.become('connecting');
    const way = this.target.relay === undefined ? openDirectLink : openRelayLink;
    try {
      this.link = way(this.target, this.listener());
    } catch (error) {
      this.log.add({ direction: 'none', kind: 'note', title: messageOf(error) });
      this.become('closed');
    }
  }

  send(payload: Payload): void {
    if (this.state !== 'open') return;
    this.link?.send(payload);
    const kind = typeof payload === 'string' ? 'text' : 'binary';
    this.log.add({ direction: 'out', kind, payload });
  }

  /** @throws If the browser does not let a page close with this code or reason. */
  close(code: number, reason: string): void {
    if (this.state === 'waiting') {
      this.stopWaiting();
      this.become('closed');
      return;
    }
    this.link?.close(code, reason);
    this.isLeft = true;
  }

  setReconnects(reconnects: boolean): void {
    this.reconnects = reconnects;
    if (reconnects || this.state !== 'waiting') return;
    this.stopWaiting();
    this.become('closed');
  }

  dispose(): void {
    this.stopWaiting();
    this.link?.dispose();
    this.listeners.clear();
  }

  private listener(): LinkListener {
    return {
      opened: (protocol, headers) => {
        this.hasOpened = true;
        this.attempts = 0;
        this.protocol = protocol;
        const detail = headers && headersText(headers);
        const said = protocol === '' ? '' : ` with the subprotocol ${protocol}`;
        this.log.add({ direction: 'none', kind: 'open', title: `Open${said}`, detail });
        this.become('open');
      },
      received: (payload) => {
        const kind = typeof payload === 'string' ? 'text' : 'binary';
        this.log.add({ direction: 'in', kind, payload });
      },
      controlled: (kind, payload) => {
        this.log.add({ direction: 'in', kind, payload });
      },
      refused: (status, headers, body) => {
        const detail = `${headersText(headers)}\n\n${body}`.trim();
        this.log.add({
          direction: 'none',
          kind: 'refused',
          title: `Refused with ${status}`,
          detail,
          code: status,
        });
        this.isLeft ||= status >= 400 && status < 500;
      },
      failed: (title) => this.log.add({ direction: 'none', kind: 'note', title }),
      closed: (code, reason) => this.closed(code, reason),
    };
  }

  private closed(code: number, reason: string): void {
    this.link = undefined;
    const wasRefused = !this.hasOpened && this.log.frames.at(-1)?.kind === 'refused';
    if (!wasRefused) this.noteClose(code, reason);
    if (!this.reconnects || this.isLeft || code === 1000) return this.become('closed');
    this.wait();
  }

  private noteClose(code: number, reason: string): void {
    const { route, relay } = this.target;
    const note = (title: string, detail?: string): void =>
      this.log.add({ direction: 'none', kind: 'close', title, detail, code, reason });
    if (this.hasOpened || code !== 1006) {
      const title = [`Closed ${code}`, reason].filter(Boolean).join(' · ');
      note(title, meaningOf(code, reason, route.closes));
    } else if (this.isLeft) note('Given up');
    // Browsers hide why a handshake failed: WebSockets Standard, "fail the WebSocket connection".
    else if (relay === undefined) note('Closed 1006 · the handshake failed', UNKNOWN);
  }

  private wait(): void {
    const longest = Math.min(LONGEST_WAIT, BASE_WAIT * 2 ** this.attempts);
    const ms = longest / 2 + (Math.random() * longest) / 2;
    this.attempts += 1;
    this.retryAt = Date.now() + ms;
    this.timer = window.setTimeout(() => this.open(), ms);
    this.become('waiting');
  }

  private stopWaiting(): void {
    window.clearTimeout(this.timer);
    this.timer = undefined;
  }

  private become(state: ConnectionState): void {
    this.state = state;
    for (const listener of this.listeners) listener();
  }
}

function headersText(headers: Readonly<Record<string, unknown>>): string {
  return Object.entries(headers)
    .map(([name, value]) => `${name}: ${String(value)}`)
    .join('\n');
}

export function titleOf({ target }: Connection): string {
  const url = urlOf(target);
  return url.slice(target.server.length);
}
