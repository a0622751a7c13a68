import type { JsonSchema } from '../schema/json.schema.js';

/** A reference within the document. */
export interface AsyncApiReference {
  readonly $ref: string;
}

/** Title, version and other facts about the documented API. */
export interface AsyncApiInfo {
  readonly title: string;
  readonly version: string;
  readonly description?: string;
  readonly termsOfService?: string;
  readonly contact?: { readonly name?: string; readonly url?: string; readonly email?: string };
  readonly license?: { readonly name: string; readonly url?: string };
}

/** A server of the routes. */
export interface AsyncApiServer {
  /** Host, with the port unless it is the default. */
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

/** Query and headers of a handshake. */
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

/** An operation of the server on a channel: it receives or sends messages. */
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

/** Supported versions of AsyncAPI. */
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
