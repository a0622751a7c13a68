import { createHash } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
import {
  constants,
  type ClientHttp2Session,
  type ClientHttp2Stream,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
} from 'node:http2';
import type { Socket } from 'node:net';
import { ignoreError } from '../close/ignored.errors.js';
import { VirtualSocket, type Done } from '../ws/virtual.socket.js';

const EOL = '\r\n';
const END = Buffer.from(`${EOL}${EOL}`);
/** RFC 6455 section 1.3. */
const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
/** Headers of the upgrade that HTTP/2 has no use for (RFC 8441 section 5). */
const OF_HTTP_1 = new Set(['connection', 'host', 'sec-websocket-key', 'upgrade']);

/** An upgrade request of HTTP/1.1, as a client has written it. */
interface UpgradeHead {
  readonly path: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly key: string;
}

/**
 * A WebSocket inside a connection of HTTP/2 (RFC 8441), as a socket for clients that speak HTTP/1.1: their upgrade
 * request becomes an extended CONNECT, and its answer that of an upgrade. A stream that is reset looks like a TCP
 * connection that is reset.
 *
 * @example
 * ```ts
 * const session = http2.connect('https://localhost:3000');
 * const socket = new WebSocket('ws://localhost:3000/live', { createConnection: () => openHttp2Socket(session) });
 * ```
 * @param session It stays open, for further sockets.
 */
export function openHttp2Socket(session: ClientHttp2Session): Socket {
  return new Http2Socket(session);
}

class Http2Socket extends VirtualSocket {
  /** The begun head of the request. */
  private begun: Buffer = Buffer.alloc(0);
  private stream: ClientHttp2Stream | undefined;

  constructor(private readonly session: ClientHttp2Session) {
    super({ allowHalfOpen: true });
    // Many sockets may await one session.
    session.setMaxListeners(0);
    session.once('close', this.onSessionClose);
    this.once('close', () => session.off('close', this.onSessionClose));
  }

  override _read(): void {
    this.stream?.resume();
  }

  override _final(done: Done): void {
    if (this.stream) this.stream.end(() => done());
    else done();
  }

  override _destroy(error: Error | null, done: Done): void {
    this.stream?.close(constants.NGHTTP2_CANCEL);
    this.stream?.destroy();
    super._destroy(error, done);
  }

  override resetAndDestroy(): this {
    return this.destroy();
  }

  protected override transmit(parts: readonly Buffer[], done: Done): void {
    const bytes = Buffer.concat(parts);
    if (this.stream) this.stream.write(bytes, done);
    else this.begin(bytes).then(() => done(), done);
  }

  private async begin(bytes: Buffer): Promise<void> {
    const begun = Buffer.concat([this.begun, bytes]);
    this.begun = begun;
    const end = begun.indexOf(END);
    if (end === -1) return;
    await offered(this.session);
    if (this.destroyed) return;
    const head = readHead(begun.toString('latin1', 0, end));
    this.stream = this.open(head);
    const early = begun.subarray(end + END.length);
    this.begun = Buffer.alloc(0);
    if (early.length > 0) this.stream.write(early);
  }

  private open({ path, headers, key }: UpgradeHead): ClientHttp2Stream {
    const { session } = this;
    const host = headers.find(([name]) => name === 'host')?.[1] ?? 'localhost';
    const stream = session.request(
      {
        ':method': 'CONNECT',
        ':protocol': 'websocket',
        ':scheme': session.encrypted ? 'https' : 'http',
        ':path': path,
        ':authority': host,
        ...joined(headers.filter(([name]) => !OF_HTTP_1.has(name))),
      },
      { endStream: false },
    );
    stream.on('headers', (informational) => void this.push(textOf(informational)));
    stream.on('response', (answer) => {
      this.push(textOf(answer, key));
      // Node may report data that came together with the head before the head.
      stream.on('data', (chunk: Buffer) => {
        if (!this.push(chunk)) stream.pause();
      });
      stream.on('end', () => this.push(null));
    });
    stream.on('error', ignoreError);
    stream.on('close', () => this.onStreamClose(stream.rstCode));
    return stream;
  }

  private onStreamClose(code: number | undefined): void {
    if (code !== undefined && code !== constants.NGHTTP2_NO_ERROR) this.destroy(reset(code));
    else if (this.readableEnded) this.destroy();
    // What came before may still be unread.
    else this.once('end', () => this.destroy());
  }

  private readonly onSessionClose = (): void => {
    if (!this.stream) this.destroy(reset(constants.NGHTTP2_CANCEL));
  };
}

/** Resolves when the server has said that it takes WebSockets. Its settings are the first thing that it sends. */
async function offered(session: ClientHttp2Session): Promise<void> {
  const isOffered = (): boolean => session.remoteSettings.enableConnectProtocol === true;
  if (isOffered()) return;
  await answered(session);
  if (isOffered()) return;
  throw new Error(
    'The server does not offer WebSockets inside HTTP/2. Use Fastify, and open the session after app.init().',
  );
}

/** One question at a time: Node allows few. */
const questions = new WeakMap<ClientHttp2Session, Promise<void>>();

function answered(session: ClientHttp2Session): Promise<void> {
  const asked = questions.get(session);
  if (asked) return asked;
  const question = ask(session).finally(() => {
    questions.delete(session);
  });
  questions.set(session, question);
  return question;
}

/** Resolves once the server has answered a ping. */
function ask(session: ClientHttp2Session): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (error?: Error | null): void => {
      session.off('error', fail);
      session.off('close', fail);
      session.off('connect', ping);
      if (error) reject(error);
      else resolve();
    };
    const fail = (error?: Error): void => settle(error ?? reset(constants.NGHTTP2_CANCEL));
    const ping = (): void => void session.ping((error) => settle(error));
    session.once('error', fail);
    session.once('close', fail);
    if (session.connecting) session.once('connect', ping);
    else ping();
  });
}

function readHead(text: string): UpgradeHead {
  const [first = '', ...lines] = text.split(EOL);
  const headers = lines.map((line) => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const;
  });
  const key = headers.find(([name]) => name === 'sec-websocket-key')?.[1] ?? '';
  return { path: first.split(' ', 2)[1] ?? '', headers, key };
}

/** Repeated headers stay apart. */
function joined(headers: UpgradeHead['headers']): OutgoingHttpHeaders {
  const all: Record<string, string | string[]> = {};
  for (const [name, value] of headers) {
    const earlier = all[name];
    all[name] = earlier === undefined ? value : [earlier, value].flat();
  }
  return all;
}

/** The head of an HTTP/1.1 response. @param key Present for the answer to the upgrade. */
function textOf(answer: IncomingHttpHeaders, key?: string): string {
  const status = Number(answer[':status']);
  const isOpen = key !== undefined && status === 200;
  const lines = Object.entries(answer).flatMap(([name, value]) =>
    isLeftOut(name) ? [] : [value ?? ''].flat().map((each) => `${name}: ${each}`),
  );
  const shown = isOpen ? 101 : status;
  return [
    `HTTP/1.1 ${shown} ${STATUS_CODES[shown] ?? 'Unknown'}`,
    ...openingOf(status, isOpen ? key : undefined),
    ...lines,
    EOL,
  ].join(EOL);
}

/** Proxies may pass on the proof that an upgrade behind them has succeeded: it is for a key of their own. */
function isLeftOut(name: string): boolean {
  return name.startsWith(':') || name === 'sec-websocket-accept';
}

/** @param key Present if the WebSocket is open. */
function openingOf(status: number, key: string | undefined): string[] {
  if (key !== undefined) return upgraded(key);
  // Another head follows an informational one.
  return status < 200 ? [] : ['Connection: close'];
}

function upgraded(key: string): string[] {
  const accept = createHash('sha1').update(`${key}${GUID}`).digest('base64');
  return ['Connection: Upgrade', 'Upgrade: websocket', `Sec-WebSocket-Accept: ${accept}`];
}

function reset(code: number): Error {
  const error = new Error(`read ECONNRESET: the stream was reset with ${code}`);
  return Object.assign(error, { code: 'ECONNRESET', syscall: 'read' });
}
