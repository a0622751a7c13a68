import type { Target } from './address.js';
import type { Bytes, Payload } from './bytes.js';

/** What happens on one connection, in its order. Nothing follows `closed()`. */
export interface LinkListener {
  opened(protocol: string, headers?: Readonly<Record<string, unknown>>): void;
  received(payload: Payload): void;
  /** Browsers show neither; the relay does. */
  controlled(kind: 'ping' | 'pong', payload: Bytes): void;
  /** Only the relay learns of it. */
  refused(status: number, headers: Readonly<Record<string, unknown>>, body: string): void;
  failed(message: string): void;
  closed(code: number, reason: string): void;
}

/** One way to speak to a route. */
export interface Link {
  send(payload: Payload): void;
  close(code: number, reason: string): void;
  /** Says nothing more, and lets go of the socket. */
  dispose(): void;
}

/** @throws If no connection can be tried: for example, if a subprotocol has a space in it. */
export type OpenLink = (target: Target, listener: LinkListener) => Link;
