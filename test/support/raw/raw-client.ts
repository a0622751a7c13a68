import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

import { ByteStream } from './byte-stream.js';
import { DEADLINE_MS, keepable, sleep, within } from '../deadline.js';
import { trackClient } from '../clients/open-clients.js';
import { encodeFrame, takeFrame, type FrameToSend, type RawFrame } from './raw-frame.js';
import { takeResponse, type RawResponse } from './raw-response.js';
import { composeUpgrade, type RawUpgrade } from './raw-upgrade.js';

export interface RawClientOptions {
  /** Answer the server's FIN with ours, as clients do by default; `true` leaves that to `end()`. */
  allowHalfOpen?: boolean;
  /** Over TLS, with whatever certificate the server has. */
  isSecure?: boolean;
}

/** How the server, or we, ended the connection: a FIN, a RST, or a close of our own. */
export interface Ended {
  kind: 'end' | 'reset' | 'close';
}

/** A TCP client that sends exactly the bytes it is told to, for what no proper client would send. */
export class RawClient {
  /** Socket errors so far; they are never thrown. */
  readonly errors: NodeJS.ErrnoException[] = [];

  private readonly stream = new ByteStream();
  private readonly ending: Promise<Ended>;
  private readonly gone: Promise<void>;
  private expectsBody = true;

  static async open(
    port: number,
    { isSecure = false, ...options }: RawClientOptions = {},
  ): Promise<RawClient> {
    const target = { host: '127.0.0.1', port, ...options };
    const socket = isSecure
      ? connectTls({ ...target, rejectUnauthorized: false })
      : connect(target);
    const client = new RawClient(socket, port);
    const opened = new Promise<void>((resolve, reject) => {
      client.socket.once(isSecure ? 'secureConnect' : 'connect', resolve);
      client.socket.once('error', reject);
    });
    await within(opened, `a TCP connection to port ${port}`);
    return client;
  }

  /** A client on a socket that is no TCP connection of its own. */
  static over(
    socket: Socket,
    port: number,
    { allowHalfOpen = false }: RawClientOptions = {},
  ): RawClient {
    socket.allowHalfOpen = allowHalfOpen;
    return new RawClient(socket, port);
  }

  private constructor(
    readonly socket: Socket,
    private readonly port: number,
  ) {
    const untrack = trackClient(this);
    socket.setNoDelay(true);
    socket.on('data', (chunk) => this.stream.push(chunk));
    socket.on('error', (error: NodeJS.ErrnoException) => this.errors.push(error));
    this.gone = new Promise((resolve) => {
      socket.once('close', () => {
        untrack();
        resolve();
      });
    });
    this.ending = new Promise((resolve) => {
      const endBy = (kind: Ended['kind']) => () => {
        this.stream.end(kind);
        resolve({ kind });
      };
      socket.once('end', endBy('end'));
      socket.on('error', ({ code }: NodeJS.ErrnoException) => {
        // EPIPE: the RST had come before we wrote, and nobody read it.
        if (code === 'ECONNRESET' || code === 'EPIPE') endBy('reset')();
      });
      socket.once('close', endBy('close'));
    });
  }

  /** The deadline counts from the reading of this property. A paused client sees no FIN. */
  get ended(): Promise<Ended> {
    return this.untilEnded();
  }

  untilEnded(ms = DEADLINE_MS): Promise<Ended> {
    return keepable(
      within(this.ending, 'the connection to end', ms, () => this.stream.situation()),
    );
  }

  /** Bytes that arrived and were not read as a response or frame yet. */
  get unread(): Buffer {
    return this.stream.unread;
  }

  write(bytes: string | Uint8Array): void {
    this.socket.write(bytes);
  }

  upgrade(path: string, upgrade: RawUpgrade = {}): void {
    this.expectsBody = upgrade.method !== 'HEAD';
    this.write(composeUpgrade(`127.0.0.1:${this.port}`, path, upgrade));
  }

  response(ms?: number): Promise<RawResponse> {
    const { expectsBody } = this;
    return keepable(
      this.stream.read(
        (bytes, ended) => takeResponse(bytes, ended, expectsBody),
        'an HTTP response',
        ms,
      ),
    );
  }

  frame(frame: FrameToSend): void {
    this.write(encodeFrame(frame));
  }

  nextFrame(ms?: number): Promise<RawFrame> {
    return keepable(this.stream.read(takeFrame, 'a frame', ms));
  }

  /** Holds if no byte is unread and none comes for `ms`. */
  async expectNothing(ms = 50): Promise<void> {
    await sleep(ms);
    if (this.unread.length > 0) {
      throw new Error(`expected nothing for ${ms} ms; instead: ${this.stream.situation()}`);
    }
  }

  pause(): void {
    this.socket.pause();
  }

  resume(): void {
    this.socket.resume();
  }

  /** Sends our FIN and goes on reading. */
  end(): void {
    this.socket.end();
  }

  destroy(): void {
    this.socket.destroy();
  }

  /** Ends with a RST. */
  resetAndDestroy(): void {
    this.socket.resetAndDestroy();
  }

  async abandon(): Promise<void> {
    this.destroy();
    await this.gone;
  }
}
