import type { AsyncApiDecorator } from './decorators/controller.decorators.js';
import type {
  AsyncApiDocument,
  AsyncApiInfo,
  AsyncApiSecurityScheme,
  AsyncApiServer,
  AsyncApiVersion,
} from './document/document.types.js';
import type { SchemaConverter } from './schema/json.schema.js';

/** Provides the options of `AsyncApiModule.forRoot()`. */
export const OPTIONS = Symbol.for('nestjs-revali-ws-asyncapi:options');

/** What a document says beside the routes. */
export interface AsyncApiDocumentOptions {
  /**
   * What the document is about. Default: name, version and description of the `package.json` in the working directory;
   * else `WebSocket routes`, `0.0.0`.
   */
  readonly info?: AsyncApiInfo;
  /** The servers of the routes, by name. Default: the server that a request names; none without a request. */
  readonly servers?: Readonly<Record<string, AsyncApiServer>>;
  /**
   * How clients authenticate, by the names that `@ApiSecurity()` and its like use. Default: those of
   * `@ApiBearerAuth()`, `@ApiBasicAuth()` and `@ApiCookieAuth()`, as swagger's `DocumentBuilder` has them.
   */
  readonly security?: Readonly<Record<string, AsyncApiSecurityScheme>>;
  /** Makes JSON Schemas of what cannot do so itself: `toJsonSchema` of valibot. Asked before all other ways. */
  readonly schemas?: SchemaConverter;
  /** Which AsyncAPI. Default: `'3.0.0'`, which most tools read. */
  readonly version?: AsyncApiVersion;
  /** Runs last. The document that it returns is served unchanged. Default: none. */
  readonly document?: (document: AsyncApiDocument) => AsyncApiDocument;
}

/** Options of `AsyncApiModule.forRoot()`. */
export interface AsyncApiModuleOptions extends AsyncApiDocumentOptions {
  /**
   * The page is served at `<path>`, documents at `<path>-json` and `<path>-yaml`, below the global prefix. Default:
   * `'async-api'`.
   */
  readonly path?: string;
  /** Whether there is a page that shows the routes and connects to them. Default: `true`. */
  readonly explorer?: boolean;
  /** Whether page and documents are served. Default: unless `NODE_ENV` is `'production'`. */
  readonly enabled?: boolean;
  /** Decorators of the controller that serves all of them, as of any other. Default: none. */
  readonly decorators?: readonly AsyncApiDecorator[];
  /**
   * Whether `<path>/relay` opens connections to the application's own routes for pages of the same origin: with headers,
   * and with the real answer where one is refused. Default: false. In production it needs a guard among `decorators`.
   */
  readonly relay?: boolean;
}
