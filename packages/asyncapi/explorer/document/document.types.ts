import type { Schema } from './schema.js';

/** The direction of messages, from the server's view. */
export type Mode = 'twoWay' | 'receiveOnly' | 'sendOnly';

export interface Server {
  readonly name: string;
  readonly url: string;
}

/** A parameter of a path or a query, or a header. */
export interface Field {
  readonly name: string;
  readonly description?: string;
  readonly isRequired: boolean;
  readonly isList: boolean;
  /** The only allowed values; empty if any value is allowed. */
  readonly values: readonly string[];
  readonly type: string;
  readonly example?: string;
}

/** The secret that a security scheme requires. */
export interface Secret {
  readonly id: string;
  readonly name: string;
  readonly place: 'query' | 'header' | 'cookie';
  /** `bearer`, `basic`; empty for an API key. */
  readonly scheme: string;
}

export interface Message {
  /** The key in `components.messages`. */
  readonly key: string;
  readonly name: string;
  readonly summary?: string;
  readonly description?: string;
  readonly contentType: string;
  readonly schema: Schema;
  readonly examples: readonly unknown[];
  readonly isDeprecated: boolean;
  /** Whether the document does not describe the message. */
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
  /** Parameters that can hold several segments. */
  readonly wildcards: readonly string[];
  readonly query: readonly Field[];
  readonly headers: readonly Field[];
  readonly protocols: readonly string[];
  readonly needsProtocol: boolean;
  readonly secrets: readonly Secret[];
  /** Messages that the server receives and the page sends. */
  readonly received: readonly Message[];
  readonly sent: readonly Message[];
  readonly closes: ReadonlyMap<number, string>;
  readonly facts: readonly (readonly [name: string, value: string])[];
}
