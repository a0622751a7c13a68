import type { SocketConstructor, SocketLike } from './client.types.js';
import type { Payload } from './message.format.js';

/** What a socket tells, until it is let go. */
export interface SocketEvents {
  open(): void;
  message(payload: Payload): void;
  /** A sign of life that is no message: the pings that `ws` shows. */
  ping(): void;
  error(error: unknown): void;
  close(code: number, reason: string): void;
}

/** Of any kind. */
interface SocketEvent {
  readonly data: Payload;
  readonly code: number;
  readonly reason: string;
  readonly message?: string;
  readonly error?: unknown;
}

/** What `ws` and some runtimes have besides. */
interface AnySocket extends SocketLike {
  addEventListener(type: string, listener: (event: SocketEvent) => void): void;
  on?(event: 'ping', listener: () => void): void;
  terminate?(): void;
}

type AnyConstructor = new (url: string, protocols?: unknown, options?: unknown) => AnySocket;

/** What a socket is made of. */
export interface Handshake {
  readonly url: string;
  readonly protocols: string[];
  readonly headers: Readonly<Record<string, string>> | undefined;
}

const OPEN = 1;

/** A socket, whoever made its constructor. */
export class Socket {
  readonly #socket: AnySocket;
  /** Whether anybody still wants to know what becomes of it. */
  #isHeard = true;

  /** @throws What the constructor throws. */
  constructor(constructor: SocketConstructor, handshake: Handshake, on: SocketEvents) {
    const socket = create(constructor as AnyConstructor, handshake);
    this.#socket = socket;
    socket.binaryType = 'arraybuffer';
    this.#listen('open', () => on.open());
    this.#listen('message', ({ data }) => on.message(data));
    this.#listen('error', ({ error, message }) =>
      on.error(error ?? new Error(message || 'The connection failed.')),
    );
    // Deno says 0 where no close frame came.
    this.#listen('close', ({ code, reason }) => on.close(code || 1006, reason));
    socket.on?.('ping', () => on.ping());
  }

  get isOpen(): boolean {
    return this.#socket.readyState === OPEN;
  }

  get protocol(): string {
    return this.#socket.protocol;
  }

  get bufferedAmount(): number {
    return this.#socket.bufferedAmount;
  }

  send(payload: Payload): void {
    this.#socket.send(payload);
  }

  /** Only its end is heard from now on. */
  close(code: number, reason: string, onEnd: () => void): void {
    this.#isHeard = false;
    this.#socket.addEventListener('close', onEnd);
    this.#socket.close(code, reason);
  }

  /** Nothing more is heard of it. @param isDead Whether the other side will not answer a close frame. */
  letGo(isDead: boolean): void {
    this.#isHeard = false;
    if (isDead && this.#socket.terminate) this.#socket.terminate();
    else this.#socket.close();
  }

  #listen(type: string, listener: (event: SocketEvent) => void): void {
    this.#socket.addEventListener(type, (event: SocketEvent) => {
      if (this.#isHeard) listener(event);
    });
  }
}

/** Runtimes take headers beside the protocols, `ws` takes them behind. */
function create(constructor: AnyConstructor, { url, protocols, headers }: Handshake): AnySocket {
  if (!headers) return new constructor(url, protocols);
  const isGlobal = (globalThis.WebSocket as unknown) === constructor;
  return isGlobal
    ? new constructor(url, { protocols, headers })
    : new constructor(url, protocols, { headers });
}
