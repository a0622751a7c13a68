import type { Http2Stream } from 'node:http2';
import { Socket } from 'node:net';
import { PEER_METHODS, PEER_PROPERTIES } from '../ws/peer.face.js';

const SHOWN = [...PEER_PROPERTIES, 'server'] as const;
const PASSED_ON = [
  ...PEER_METHODS,
  'getCertificate',
  'getPeerX509Certificate',
  'getSession',
] as const;

/**
 * Shows on a stream's socket what the socket of its connection says of the peer. It is read once, because Node lets
 * nobody read it after the connection has ended.
 */
export function showPeer(shown: object, stream: Http2Stream): void {
  const socket = socketOf(stream);
  if (!socket) return;
  show(shown, 'carrier', socket);
  for (const name of SHOWN) show(shown, name, Reflect.get(socket, name));
  for (const name of PASSED_ON) {
    const method: unknown = Reflect.get(socket, name);
    if (typeof method === 'function') show(shown, name, methodOf(socket, name));
  }
  show(shown, 'alpnProtocol', 'h2');
}

/** Node wraps streams that are not its own; the wrapper does not know the peer. */
function socketOf({ session }: Http2Stream): object | undefined {
  const socket: object | undefined = session?.socket;
  const wrapped: unknown = socket && Reflect.get(socket, 'stream');
  return wrapped instanceof Socket ? wrapped : socket;
}

/** Asked once the connection has ended, it has no answer, like a method of a closed socket. */
function methodOf(socket: object, name: string): (...args: unknown[]) => unknown {
  return (...args) => {
    try {
      const method: unknown = Reflect.get(socket, name);
      const result: unknown =
        typeof method === 'function' ? Reflect.apply(method, socket, args) : undefined;
      return result;
    } catch {
      return undefined;
    }
  };
}

function show(shown: object, name: string, value: unknown): void {
  if (value === undefined) return;
  Object.defineProperty(shown, name, { value, configurable: true, writable: true });
}
