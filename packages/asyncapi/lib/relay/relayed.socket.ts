import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { WebSocket, type ClientOptions, type RawData } from 'ws';
import { memberOf } from '../schema/json.schema.js';
import type { RelayRequest } from './relay.request.js';

/** Most bytes of a refusal's body. The relay cuts off the rest. */
const MAX_BODY = 64 * 1024;
const MAX_MESSAGE = 4 * 1024 * 1024;
const HANDSHAKE_TIMEOUT = 15_000;
const CLOSE_TIMEOUT = 1_000;

const TOO_LARGE = 'The route sent a message of more than 4 MiB, which is too large for the relay.';

/** Adds the options that the types of `ws` lack. */
interface RelayClientOptions extends ClientOptions {
  readonly closeTimeout: number;
  readonly maxPendingAutoPongs: number;
}

/** An event for the page. */
export type RelayEvent = Readonly<Record<string, unknown>> & { readonly event: string };

/** Resolves when the page can take more. */
export type Tell = (event: RelayEvent) => Promise<void>;

/** The relay's own client of the route. It reads no faster than the page. */
export class RelayedSocket {
  /** Resolves when the connection has ended and the page knows. */
  readonly over: Promise<void>;
  /** Resolves after the 101 or the refusal. */
  private readonly settled: Promise<void>;
  private readonly socket: WebSocket;
  /** Sends events one after another: messages that arrive in one piece must not reach the page all at once. */
  private told = Promise.resolve();
  private waiting = 0;
  private isRefused = false;
  private isGivenUp = false;
  /** The relay's own close code, if it ended the connection because of the route's messages. */
  private fault: number | undefined;
  /** True between `open` and `close`. At other times, the client has no socket to pause. */
  private isOpen = false;

  constructor(
    { path, headers, protocols }: RelayRequest,
    host: string,
    connection: Socket,
    private readonly tell: Tell,
  ) {
    const options: RelayClientOptions = {
      createConnection: () => connection,
      headers,
      handshakeTimeout: HANDSHAKE_TIMEOUT,
      closeTimeout: CLOSE_TIMEOUT,
      maxPayload: MAX_MESSAGE,
      // Answers every ping of the application: no browser ends a connection because of too many.
      maxPendingAutoPongs: 0,
      perMessageDeflate: false,
    };
    const socket = new WebSocket(`ws://${host}${path}`, [...protocols], options);
    this.socket = socket;
    this.listen();
    this.settled = new Promise((resolve) => {
      for (const event of ['open', 'close']) socket.once(event, () => resolve());
    });
    this.over = new Promise((resolve) => {
      socket.once('close', (code, reason) => {
        this.isOpen = false;
        connection.destroy();
        const last = this.isRefused
          ? Promise.resolve()
          : this.pass({ event: 'close', code: this.fault ?? code, reason: reason.toString() });
        void last.then(resolve);
      });
    });
  }

  /** Resolves when the message has left, or never will. */
  async send(data: string | Buffer): Promise<void> {
    await this.settled;
    return new Promise((resolve) => this.socket.send(data, () => resolve()));
  }

  /** Closes the connection. Before the 101, gives up the handshake. */
  close(code: number | undefined, reason: string): void {
    this.isGivenUp ||= this.socket.readyState === WebSocket.CONNECTING;
    this.socket.close(code, code === undefined ? undefined : reason);
  }

  /** Called when the page has gone. */
  leave(): void {
    if (this.isOpen) this.socket.resume();
    this.socket.close(1001);
  }

  private listen(): void {
    const { socket } = this;
    let head: IncomingMessage | undefined;
    socket.on('upgrade', (response) => (head = response));
    socket.on('open', () => {
      this.isOpen = true;
      const { headers } = head ?? {};
      void this.pass({ event: 'open', status: 101, headers, protocol: socket.protocol });
    });
    socket.on('message', (data, isBinary) => void this.pass(messageOf(data, isBinary)));
    socket.on('ping', (data) => void this.pass({ event: 'ping', base64: data.toString('base64') }));
    socket.on('pong', (data) => void this.pass({ event: 'pong', base64: data.toString('base64') }));
    socket.on('error', (error) => {
      if (this.isRefused || this.isGivenUp) return;
      const isTooLarge = memberOf(error, 'code') === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH';
      if (isTooLarge) this.fault = 1009;
      void this.pass({ event: 'error', message: isTooLarge ? TOO_LARGE : error.message });
    });
    socket.on('unexpected-response', (_request, response) => void this.refuse(response));
  }

  private async refuse(response: IncomingMessage): Promise<void> {
    this.isRefused = true;
    const { statusCode: status, headers } = response;
    const body = await bodyOf(response);
    await this.pass({ event: 'refused', status, headers, body });
    this.socket.terminate();
  }

  /** Pauses reading until the page has taken the event. Never rejects: a page that has gone gets no events. */
  private pass(event: RelayEvent): Promise<void> {
    this.waiting += 1;
    if (this.waiting === 1 && this.isOpen) this.socket.pause();
    const after = (): void => {
      this.waiting -= 1;
      if (this.waiting === 0 && this.isOpen) this.socket.resume();
    };
    this.told = this.told.then(() => this.tell(event)).then(after, after);
    return this.told;
  }
}

async function bodyOf(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of response) {
      if (!Buffer.isBuffer(chunk)) continue;
      chunks.push(chunk);
      size += chunk.length;
      if (size >= MAX_BODY) break;
    }
  } catch {
    // The body broke off: the page gets the part that arrived.
  }
  return Buffer.concat(chunks).subarray(0, MAX_BODY).toString();
}

function messageOf(data: RawData, isBinary: boolean): RelayEvent {
  const bytes = Array.isArray(data) ? Buffer.concat(data) : Buffer.from(new Uint8Array(data));
  return isBinary
    ? { event: 'message', base64: bytes.toString('base64') }
    : { event: 'message', text: bytes.toString() };
}
