import type { SocketConstructor, SocketLike } from './client.types.js';
import type { Payload } from './message.format.js';

/** An event of any kind. */
export interface SocketEvent {
  readonly data: Payload;
  readonly code: number;
  readonly reason: string;
  readonly message?: string;
  readonly error?: unknown;
}

/** Additional members of `ws` and some runtimes. */
export interface Socket extends SocketLike {
  addEventListener(type: string, listener: (event: SocketEvent) => void): void;
  on?(event: 'ping', listener: () => void): void;
  terminate?(): void;
}

/** The arguments for a socket's constructor. */
export interface Handshake {
  readonly url: string;
  readonly protocols: string[];
  readonly headers: Readonly<Record<string, string>> | undefined;
}

/**
 * Runtimes take the headers and the protocols in one argument; `ws` takes the headers in a third one.
 *
 * @throws Any error of the constructor.
 */
export function createSocket(
  constructor: SocketConstructor,
  { url, protocols, headers }: Handshake,
): Socket {
  // Constructors differ in their parameters.
  const Made = constructor as new (url: string, ...rest: unknown[]) => Socket;
  const isGlobal = constructor === (globalThis.WebSocket as unknown);
  const plain: unknown[] = [protocols];
  const headed = isGlobal ? [{ protocols, headers }] : [protocols, { headers }];
  const socket = new Made(url, ...(headers ? headed : plain));
  socket.binaryType = 'arraybuffer';
  return socket;
}
