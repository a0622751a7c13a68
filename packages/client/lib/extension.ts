import type { Alarm } from './environment.js';
import type { Payload } from './message.format.js';
import type { Query, RouteSettings } from './route.types.js';
import type { Outgoing } from './outgoing.js';

/** How messages carry headers, and how a server is asked for it. */
export interface Framing {
  /** The subprotocols to offer, which let the server put headers in front. */
  offers(protocols: readonly string[]): string[];
  /** Whether the server has chosen to. */
  isSpoken(protocol: string): boolean;
  /** The route's own part of what the server has chosen. */
  ownPart(protocol: string): string;
  join(header: string, payload: Payload): Payload;
  split(payload: Payload): readonly [header: string, payload: Payload];
}

/** What an extension has to know of its connection. */
export interface ExtensionSettings {
  /** Messages that an iterator may fall behind. */
  readonly buffer: number;
  readonly route: RouteSettings;
}

/** What an extension gets of its connection. */
export interface ExtensionHost {
  readonly settings: ExtensionSettings;
  /** Sends with a header, or queues. */
  post(message: unknown, header: string, options?: { readonly queue?: boolean }): Outgoing;
  /** Takes it out of the queue, where it still waits. */
  withdraw(entry: Outgoing): void;
  /** An answer. */
  decode(payload: Payload): unknown;
  /** Hands a message on. */
  deliver(payload: Payload, origin: { room?: string; position?: string | undefined }): void;
  emit(event: 'joined' | 'gap' | 'left', told: unknown): void;
  alarm(): Alarm;
}

/** An extension of one connection. */
export interface Extended {
  /** Into the query of the next attempt. */
  query?(): Query | undefined;
  /** @returns Whether the message was the extension's. */
  receive?(header: string, payload: Payload): boolean;
  /** The socket has ended, and what the server has refused to read is in the queue again. */
  lost?(): void;
  /** Members that the extension adds to the connection. */
  readonly members?: object;
}

/** An additional feature of connections. Its code is only bundled if you use it. */
export interface Extension {
  readonly framing: Framing;
  extend(host: ExtensionHost): Extended;
}
