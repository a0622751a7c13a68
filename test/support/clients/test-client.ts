import type { IncomingHttpHeaders } from 'node:http';

import { WebSocket, type ClientOptions } from 'ws';

import { DEADLINE_MS, keepable, sleep, within } from '../deadline.js';
import { readAnswer } from './http-answer.js';
import { Inbox } from './inbox.js';
import {
  asBytes,
  asJson,
  asText,
  describeMessage,
  quote,
  toMessage,
  type Message,
} from './message.js';
import { trackClient } from './open-clients.js';
import { RefusedError } from './refused-error.js';

export interface TestClientOptions extends ClientOptions {
  protocols?: string | string[];
  /** Deadline of the handshake. */
  ms?: number;
}

export interface Closed {
  code: number;
  reason: string;
  wasClean: boolean;
}

/**
 * A WebSocket client that loses nothing: it listens from the first moment, and
 * every wait ends, at a deadline or when the connection closes.
 */
export class TestClient {
  /** The headers of the 101. */
  upgradeHeaders: IncomingHttpHeaders = {};
  /** Messages so far, taken or not. */
  received = 0;
  /** Socket errors so far; a test that expects none asserts so. */
  readonly errors: Error[] = [];

  private readonly seen = (): string => this.situation();
  private readonly messages = new Inbox<Message>(this.seen);
  private readonly pings = new Inbox<Buffer>(this.seen);
  private readonly pongs = new Inbox<Buffer>(this.seen);
  private readonly closing: Promise<Closed>;
  private outcome: Closed | undefined;

  static connect(url: string, options?: TestClientOptions): Promise<TestClient> {
    return keepable(TestClient.dial(url, options));
  }

  private static async dial(url: string, options: TestClientOptions = {}): Promise<TestClient> {
    const { protocols, ms = DEADLINE_MS, ...wsOptions } = options;
    const client = new TestClient(new WebSocket(url, protocols, wsOptions));
    try {
      await within(client.opened(url), `the handshake of ${url}`, ms);
      return client;
    } catch (error) {
      await client.abandon();
      throw error;
    }
  }

  private constructor(readonly socket: WebSocket) {
    const untrack = trackClient(this);
    socket.on('error', (error) => this.errors.push(error));
    socket.on('upgrade', (response) => (this.upgradeHeaders = response.headers));
    socket.on('message', (data, isBinary) => {
      this.received += 1;
      this.messages.push(toMessage(data, isBinary));
    });
    socket.on('ping', (payload) => this.pings.push(payload));
    socket.on('pong', (payload) => this.pongs.push(payload));
    this.closing = new Promise((resolve) => {
      // Only the event-target form tells whether both close frames were seen.
      socket.addEventListener('close', ({ code, reason, wasClean }) => {
        untrack();
        this.outcome = { code, reason, wasClean };
        for (const inbox of [this.messages, this.pings, this.pongs]) {
          inbox.end('the connection has closed');
        }
        resolve(this.outcome);
      });
    });
  }

  get isOpen(): boolean {
    return this.socket.readyState === WebSocket.OPEN;
  }

  /** The subprotocol agreed on, `''` if none. */
  get protocol(): string {
    return this.socket.protocol;
  }

  /** The close, remembered from the start; the deadline counts from the reading of this property. */
  get closed(): Promise<Closed> {
    return this.untilClosed();
  }

  untilClosed(ms = DEADLINE_MS): Promise<Closed> {
    return keepable(within(this.closing, 'the connection to close', ms, this.seen));
  }

  next(ms?: number): Promise<Message> {
    return keepable(this.messages.take('a message', ms));
  }

  text(ms?: number): Promise<string> {
    return keepable(this.messages.take('a text message', ms).then(asText));
  }

  /** The caller's word is taken for the type. */
  json<T = unknown>(ms?: number): Promise<T> {
    return keepable(
      this.messages.take('a JSON message', ms).then((message) => asJson(message) as T),
    );
  }

  binary(ms?: number): Promise<Buffer> {
    return keepable(this.messages.take('a binary message', ms).then(asBytes));
  }

  nextPing(ms?: number): Promise<Buffer> {
    return keepable(this.pings.take('a ping', ms));
  }

  nextPong(ms?: number): Promise<Buffer> {
    return keepable(this.pongs.take('a pong', ms));
  }

  /** Holds if no message is queued and, for `ms`, neither a message nor a close comes. */
  async expectNothing(ms = 50): Promise<void> {
    const closeBefore = this.outcome;
    await sleep(ms);
    if (this.messages.queued.length > 0 || this.outcome !== closeBefore) {
      throw new Error(`expected nothing for ${ms} ms; instead: ${this.situation()}`);
    }
  }

  /** A string goes out as a text frame, bytes as a binary one. */
  send(data: string | Uint8Array): void {
    this.socket.send(data, this.remember);
  }

  sendJson(value: unknown): void {
    this.send(JSON.stringify(value));
  }

  ping(payload: string | Uint8Array = ''): void {
    this.socket.ping(payload, undefined, this.remember);
  }

  /** Starts the closing handshake; resolves when the connection is gone. */
  close(code?: number, reason?: string): Promise<Closed> {
    this.socket.close(code, reason);
    return this.untilClosed();
  }

  terminate(): void {
    this.socket.terminate();
  }

  /** Stops reading: the kernel's buffers fill, then the server's. Closes go unseen meanwhile. */
  pause(): void {
    this.socket.pause();
  }

  resume(): void {
    this.socket.resume();
  }

  async abandon(): Promise<void> {
    this.terminate();
    await this.closing;
  }

  private readonly remember = (error?: Error | null): void => {
    if (error) this.errors.push(error);
  };

  private opened(url: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.socket.once('open', resolve);
      this.socket.once('error', (cause) =>
        reject(new Error(`no handshake with ${url}: ${cause.message}`, { cause })),
      );
      this.socket.once('unexpected-response', (_request, response) => {
        void readAnswer(response).then((answer) => reject(new RefusedError(url, answer)));
      });
    });
  }

  private situation(): string {
    const queued = this.messages.queued;
    const shown = queued.slice(0, 5).map(describeMessage).join(', ');
    const more = queued.length > 5 ? ', …' : '';
    return [
      queued.length > 0 ? `${queued.length} messages (${shown}${more})` : 'no message',
      `${this.pings.queued.length} pings, ${this.pongs.queued.length} pongs`,
      this.outcome
        ? `closed ${this.outcome.code} ${quote(this.outcome.reason)}`
        : this.socket.isPaused
          ? 'open and paused'
          : 'open',
      ...this.errors.map((error) => `error ${quote(error.message)}`),
    ].join('; ');
  }
}
