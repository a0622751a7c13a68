import type { Alarm } from './environment.js';
import type { Payload } from './message.format.js';
import type { Query, RouteSettings } from './route.types.js';
import type { Outgoing } from './outgoing.js';

/** How messages carry headers, and how a client asks the server for them. */
export interface Framing {
  /** The subprotocols to offer to let the server put headers in front of messages. */
  offers(protocols: readonly string[]): string[];
  /** Whether the server chose to send headers. */
  isSpoken(protocol: string): boolean;
  /** The route's own part of the subprotocol that the server chose. */
  ownPart(protocol: string): string;
  join(header: string, payload: Payload): Payload;
  split(payload: Payload): readonly [header: string, payload: Payload];
}

/** Settings of the connection that an extension needs. */
export interface ExtensionSettings {
  /** Most messages that may wait for an iterator. */
  readonly buffer: number;
  readonly route: RouteSettings;
}

/** The connection, as its extensions see it. */
export interface ExtensionHost {
  readonly settings: ExtensionSettings;
  /** Sends a message with a header, or queues it. */
  post(message: unknown, header: string, options?: { readonly queue?: boolean }): Outgoing;
  /** Removes the message from the queue if it still waits there. */
  withdraw(entry: Outgoing): void;
  /** Decodes an answer. */
  decode(payload: Payload): unknown;
  /** Hands a message to listeners and loops. */
  deliver(payload: Payload, origin: { room?: string; position?: string | undefined }): void;
  emit(event: 'joined' | 'gap' | 'left', told: unknown): void;
  alarm(): Alarm;
}

/** An extension of one connection. */
export interface Extended {
  /** @returns Parameters for the query of the next attempt. */
  query?(): Query | undefined;
  /** @returns Whether the message belongs to the extension. */
  receive?(header: string, payload: Payload): boolean;
  /** Called when the socket has ended. Messages that the server refused to read are back in the queue. */
  lost?(): void;
  /** Members that the extension adds to the connection. */
  readonly members?: object;
}

/** An additional feature of connections. Your bundle contains its code only if you use it. */
export interface Extension {
  readonly framing: Framing;
  extend(host: ExtensionHost): Extended;
}
