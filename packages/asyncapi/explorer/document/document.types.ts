import type { Schema } from './schema.js';

/** Which way messages go, seen from the server. */
export type Mode = 'twoWay' | 'receiveOnly' | 'sendOnly';

export interface Server {
  readonly name: string;
  readonly url: string;
}

/** A part of a path, of a query, or a header. */
export interface Field {
  readonly name: string;
  readonly description?: string;
  readonly isRequired: boolean;
  readonly isList: boolean;
  /** The only ones that it may have; empty where it may have any. */
  readonly values: readonly string[];
  readonly type: string;
  readonly example?: string;
}

/** What a security scheme asks for. */
export interface Secret {
  readonly id: string;
  readonly name: string;
  readonly place: 'query' | 'header' | 'cookie';
  /** `bearer`, `basic`; empty for an API key. */
  readonly scheme: string;
}

export interface Message {
  /** In `components.messages`. */
  readonly key: string;
  readonly name: string;
  readonly summary?: string;
  readonly description?: string;
  readonly contentType: string;
  readonly schema: Schema;
  readonly examples: readonly unknown[];
  readonly isDeprecated: boolean;
  /** Nothing is known of what it is. */
  readonly isUnknown: boolean;
}

export interface Route {
  readonly id: string;
  /** `/chat/{room}` */
  readonly address: string;
  /** `/chat/:room` */
  readonly path: string;
  readonly group: string;
  readonly title?: string;
  readonly summary?: string;
  readonly description?: string;
  readonly mode: Mode;
  readonly isDeprecated: boolean;
  readonly parameters: readonly Field[];
  /** Parameters that hold several segments. */
  readonly wildcards: readonly string[];
  readonly query: readonly Field[];
  readonly headers: readonly Field[];
  readonly protocols: readonly string[];
  readonly needsProtocol: boolean;
  readonly secrets: readonly Secret[];
  /** What the server receives: the page sends it. */
  readonly received: readonly Message[];
  readonly sent: readonly Message[];
  readonly closes: ReadonlyMap<number, string>;
  readonly facts: readonly (readonly [name: string, value: string])[];
}
