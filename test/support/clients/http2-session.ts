import {
  connect,
  constants,
  type ClientHttp2Session,
  type ClientHttp2Stream,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
} from 'node:http2';
import type { Socket } from 'node:net';
import type { SecureContextOptions } from 'node:tls';
import { keepable, within } from '../deadline.js';
import type { RunningApp } from '../apps/running-app.js';
import { ByteStream } from '../raw/byte-stream.js';
import { encodeFrame, takeFrame, type FrameToSend, type RawFrame } from '../raw/raw-frame.js';
import { trackClient } from './open-clients.js';

export interface ConnectSetup {
  /** Added to the request, or instead of its headers; `undefined` leaves one out. */
  readonly headers?: OutgoingHttpHeaders;
  /** Whether the client ends its side with the request. */
  readonly endStream?: boolean;
}

/** A connection of HTTP/2 to an app, which sends exactly the requests that it is told to. */
export class Http2Session {
  /** @param certificate For servers that ask clients for theirs. */
  static async open(
    app: RunningApp,
    certificate: SecureContextOptions = {},
  ): Promise<Http2Session> {
    const session = connect(app.http('').slice(0, -1), {
      rejectUnauthorized: false,
      ...certificate,
    });
    const opened = new Promise<void>((resolve, reject) => {
      // The settings say whether it takes WebSockets.
      session.once('remoteSettings', () => resolve());
      session.once('error', reject);
    });
    const client = new Http2Session(session, app.port);
    await within(opened, 'a session of HTTP/2');
    return client;
  }

  private tcp: Socket | undefined;

  private constructor(
    readonly session: ClientHttp2Session,
    private readonly port: number,
  ) {
    const untrack = trackClient(this);
    session.once('connect', (_session, socket) => (this.tcp = socket));
    session.on('error', () => undefined);
    session.once('close', untrack);
  }

  /** Whether the server has offered WebSockets. */
  get isOffered(): boolean {
    return this.session.remoteSettings.enableConnectProtocol === true;
  }

  get isOver(): boolean {
    return this.session.closed || this.session.destroyed;
  }

  /** An extended CONNECT, and its answer. */
  connect(path: string, { headers = {}, endStream = false }: ConnectSetup = {}): Http2Connect {
    const all = {
      ':method': 'CONNECT',
      ':protocol': 'websocket',
      ':scheme': this.session.encrypted ? 'https' : 'http',
      ':path': path,
      ':authority': `127.0.0.1:${this.port}`,
      'sec-websocket-version': '13',
      ...headers,
    };
    const sent = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
    return new Http2Connect(this.session.request(sent, { endStream }));
  }

  /** A plain GET. @returns Its status. */
  async get(path: string): Promise<number> {
    return (await new Http2Connect(this.session.request({ ':path': path })).answer).status;
  }

  /** Ends the TCP connection without a word of HTTP/2. */
  cut(): void {
    this.tcp?.destroy();
  }

  async abandon(): Promise<void> {
    // Within a callback of the session, its end corrupts the heap of Node 20.
    await new Promise((resolve) => setImmediate(resolve));
    this.session.destroy();
  }
}

export interface Http2Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
}

/** One stream. */
export class Http2Connect {
  /** Rejects if the stream is reset before. */
  readonly answer: Promise<Http2Answer>;
  private readonly bytes = new ByteStream();
  private readonly ending: Promise<number>;

  constructor(readonly stream: ClientHttp2Stream) {
    stream.on('error', () => undefined);
    this.answer = keepable(
      within(
        new Promise<Http2Answer>((resolve, reject) => {
          stream.on('response', (headers) => {
            resolve({ status: Number(headers[':status']), headers });
            stream.on('data', (chunk: Buffer) => this.bytes.push(chunk));
          });
          stream.on('close', () => reject(new Error(`reset with ${stream.rstCode}`)));
        }),
        'the answer to a CONNECT',
      ),
    );
    this.ending = new Promise((resolve) => {
      stream.on('end', () => this.bytes.end('end'));
      stream.on('close', () => {
        this.bytes.end('close');
        resolve(stream.rstCode ?? constants.NGHTTP2_NO_ERROR);
      });
    });
  }

  /** Error code of the stream's end, 0 for none. */
  get closed(): Promise<number> {
    return keepable(
      within(this.ending, 'the stream to close', undefined, () => this.bytes.situation()),
    );
  }

  get body(): Promise<unknown> {
    return this.readBody();
  }

  send(frame: FrameToSend): void {
    this.stream.write(encodeFrame(frame));
  }

  nextFrame(ms?: number): Promise<RawFrame> {
    return keepable(this.bytes.read(takeFrame, 'a frame', ms));
  }

  /** Stops reading: its window fills. */
  pause(): void {
    this.stream.pause();
  }

  resume(): void {
    this.stream.resume();
  }

  reset(): void {
    this.stream.close(constants.NGHTTP2_CANCEL);
  }

  private async readBody(): Promise<unknown> {
    await this.answer;
    await within(
      new Promise((resolve) => {
        this.stream.once('end', resolve);
      }),
      'the body',
    );
    const text = this.bytes.unread.toString();
    return JSON.parse(text);
  }
}
