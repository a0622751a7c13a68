import type { Target } from './address.js';
import type { Bytes, Payload } from './bytes.js';

/** Receives the events of one connection, in order. None follows `closed()`. */
export interface LinkListener {
  opened(protocol: string, headers?: Readonly<Record<string, unknown>>): void;
  received(payload: Payload): void;
  /** Browsers hide pings and pongs; the relay shows them. */
  controlled(kind: 'ping' | 'pong', payload: Bytes): void;
  /** Only the relay sees refusals. */
  refused(status: number, headers: Readonly<Record<string, unknown>>, body: string): void;
  failed(message: string): void;
  closed(code: number, reason: string): void;
}

/** A connection to a route, direct or through the relay. */
export interface Link {
  send(payload: Payload): void;
  close(code: number, reason: string): void;
  /** Emits no more events, and releases the socket. */
  dispose(): void;
}

/** @throws If no attempt is possible: for example, if a subprotocol contains a space. */
export type OpenLink = (target: Target, listener: LinkListener) => Link;
