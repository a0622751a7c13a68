import { WebSocket } from 'ws';
import type { Random } from '../support/random.js';
import type { Told } from './told.js';

/** Milliseconds until a client connects again, at most. */
const RECONNECT = 500;
const HANDSHAKE_TIMEOUT = 4_000;
/** What fills a message up. */
const PADDING = /\.+$/;

export interface ClientParts {
  readonly name: string;
  /** Of the route, without its query. */
  readonly path: string;
  /** Of any node that lives; `undefined` where none does. */
  readonly port: () => number | undefined;
  readonly random: Random;
}

/** One connection of a client, or one that it tried to make. */
export interface Visit {
  /** Of its presence. */
  readonly key: string;
  readonly port: number;
  /** In ms of `performance.now()`. */
  readonly from: number;
  to: number;
}

/** Speaks revali.v1, keeps its positions, and comes back to any node that lives. */
export class ScaleClient {
  /** By room, as the wire names it. */
  readonly told = new Map<string, Told[]>();
  /** In their order. */
  readonly visits: Visit[] = [];
  /** Handshakes that have succeeded. */
  connections = 0;
  private readonly positions = new Map<string, string>();
  private socket: WebSocket | undefined;
  private timer: NodeJS.Timeout | undefined;
  private attempts = 0;
  private isOver = false;

  constructor(private readonly parts: ClientParts) {}

  get name(): string {
    return this.parts.name;
  }

  get isOpen(): boolean {
    return this.socket?.readyState === WebSocket.OPEN;
  }

  /** The key of its connection, where others see it. */
  get key(): string {
    return `${this.name}.${this.attempts}`;
  }

  connect(): void {
    if (this.isOver) return;
    const port = this.parts.port();
    if (port === undefined) {
      this.comeBack();
      return;
    }
    this.attempts += 1;
    const asked = new Map(this.positions);
    const socket = new WebSocket(this.url(port, asked), 'revali.v1', {
      handshakeTimeout: HANDSHAKE_TIMEOUT,
      perMessageDeflate: false,
    });
    this.socket = socket;
    const visit: Visit = { key: this.key, port, from: performance.now(), to: Infinity };
    this.visits.push(visit);
    socket.on('open', () => (this.connections += 1));
    socket.on('error', () => undefined);
    socket.on('message', (data: Buffer) => this.hear(data.toString(), asked));
    socket.on('close', () => {
      visit.to = performance.now();
      this.comeBack();
    });
  }

  /** The network breaks. */
  drop(): void {
    this.socket?.terminate();
  }

  /** Reads nothing, until `read()`. */
  pause(): void {
    if (this.isOpen) this.socket?.pause();
  }

  read(): void {
    this.socket?.resume();
  }

  hasHeard(room: string, text: string): boolean {
    const told = this.told.get(room) ?? [];
    return told.some((one) => one.what === 'message' && one.text === text);
  }

  /** @param position Where the room was when it was told. */
  wasToldOfGap(room: string, position: string): boolean {
    const told = this.told.get(room) ?? [];
    return told.some((one) => one.what === 'gap' && one.position === position);
  }

  end(): void {
    this.isOver = true;
    clearTimeout(this.timer);
    this.socket?.terminate();
  }

  private url(port: number, asked: ReadonlyMap<string, string>): URL {
    const url = new URL(`ws://127.0.0.1:${port}${this.parts.path}`);
    url.searchParams.set('me', this.key);
    const resume = [...asked].map(([room, position]) => `${room}~${position}`);
    if (resume.length > 0) url.searchParams.set('resume', resume.join(','));
    return url;
  }

  private comeBack(): void {
    if (this.isOver) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.connect(), this.parts.random.next() * RECONNECT);
  }

  private hear(data: string, asked: ReadonlyMap<string, string>): void {
    const end = data.indexOf('\n');
    const [kind, room = '', position = '', flag] = data.slice(0, end).split(' ');
    const isContinued = flag === '1';
    if (kind === 'm')
      this.note(room, {
        what: 'message',
        position,
        text: data.slice(end + 1).replace(PADDING, ''),
      });
    else if (kind === 'j')
      this.note(room, { what: 'join', position, isContinued, asked: asked.get(room) });
    else if (kind === 'g') this.note(room, { what: 'gap', position });
    else if (kind === 'l') this.note(room, { what: 'leave' });
    if (kind === 'l' || (kind === 'j' && !isContinued)) this.positions.delete(room);
    if (kind !== 'l' && position !== '' && position !== '-') this.positions.set(room, position);
  }

  private note(room: string, one: Told): void {
    const told = this.told.get(room);
    if (told) told.push(one);
    else this.told.set(room, [one]);
  }
}
