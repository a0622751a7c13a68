import type { JsonSchema } from '../schema/json.schema.js';

/** A reference within the document. */
export interface AsyncApiReference {
  readonly $ref: string;
}

/** What the document is about. */
export interface AsyncApiInfo {
  readonly title: string;
  readonly version: string;
  readonly description?: string;
  readonly termsOfService?: string;
  readonly contact?: { readonly name?: string; readonly url?: string; readonly email?: string };
  readonly license?: { readonly name: string; readonly url?: string };
}

/** Where the routes are served. */
export interface AsyncApiServer {
  /** With the port, where it is not the usual one. */
  readonly host: string;
  /** `ws` or `wss`. */
  readonly protocol: string;
  readonly pathname?: string;
  readonly title?: string;
  readonly summary?: string;
  readonly description?: string;
}

/** How clients authenticate. @see https://www.asyncapi.com/docs/reference/specification/v3.0.0#securitySchemeObject */
export interface AsyncApiSecurityScheme {
  readonly type: string;
  readonly [word: string]: unknown;
}

/** A word that describes a channel. */
export interface AsyncApiTag {
  readonly name: string;
}

/** One message. */
export interface AsyncApiMessage {
  readonly name: string;
  readonly title?: string;
  readonly summary?: string;
  readonly description?: string;
  readonly contentType: string;
  readonly payload: JsonSchema;
  readonly examples?: readonly { readonly payload: unknown }[];
  readonly 'x-revali'?: Readonly<Record<string, unknown>>;
}

/** A part of an address. */
export interface AsyncApiParameter {
  readonly description?: string;
  readonly enum?: readonly string[];
  readonly default?: string;
  readonly examples?: readonly string[];
}

/** What a handshake may say. */
export interface AsyncApiWebSocketBinding {
  readonly method: 'GET';
  readonly query?: JsonSchema;
  readonly headers?: JsonSchema;
  readonly bindingVersion: '0.1.0';
}

/** One path of a route. */
export interface AsyncApiChannel {
  readonly address: string;
  readonly title?: string;
  readonly summary?: string;
  readonly description?: string;
  readonly messages: Readonly<Record<string, AsyncApiReference>>;
  readonly parameters?: Readonly<Record<string, AsyncApiParameter>>;
  readonly tags?: readonly AsyncApiTag[];
  readonly bindings: { readonly ws: AsyncApiWebSocketBinding };
  readonly 'x-revali': Readonly<Record<string, unknown>>;
  readonly [extension: `x-${string}`]: unknown;
}

/** What the server receives on a channel, or sends there. */
export interface AsyncApiOperation {
  readonly action: 'receive' | 'send';
  readonly channel: AsyncApiReference;
  readonly summary?: string;
  readonly description?: string;
  readonly security?: readonly AsyncApiReference[];
  readonly tags?: readonly AsyncApiTag[];
  readonly messages: readonly AsyncApiReference[];
  readonly 'x-revali'?: Readonly<Record<string, unknown>>;
}

/** The versions of AsyncAPI that documents can be of. */
export type AsyncApiVersion = '3.0.0' | '3.1.0';

/** An AsyncAPI document. @see https://www.asyncapi.com/docs/reference/specification/v3.0.0 */
export interface AsyncApiDocument {
  readonly asyncapi: AsyncApiVersion;
  readonly info: AsyncApiInfo;
  readonly defaultContentType: string;
  readonly servers?: Readonly<Record<string, AsyncApiServer>>;
  readonly channels: Readonly<Record<string, AsyncApiChannel>>;
  readonly operations: Readonly<Record<string, AsyncApiOperation>>;
  readonly components: {
    readonly messages?: Readonly<Record<string, AsyncApiMessage>>;
    readonly schemas?: Readonly<Record<string, JsonSchema>>;
    readonly securitySchemes?: Readonly<Record<string, AsyncApiSecurityScheme>>;
  };
}
