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

/** Options of a document, in addition to its routes. */
export interface AsyncApiDocumentOptions {
  /**
   * Title, version and description of the document. Default: those of the `package.json` in the working directory, else
   * `WebSocket routes`, `0.0.0`.
   */
  readonly info?: AsyncApiInfo;
  /** The servers of the routes, by name. Default: the server that a request names; none without a request. */
  readonly servers?: Readonly<Record<string, AsyncApiServer>>;
  /**
   * How clients authenticate, by the names that `@ApiSecurity()` and similar decorators use. Default: those of
   * `@ApiBearerAuth()`, `@ApiBasicAuth()` and `@ApiCookieAuth()`, as in swagger's `DocumentBuilder`.
   */
  readonly security?: Readonly<Record<string, AsyncApiSecurityScheme>>;
  /** Converts schemas that have no JSON Schema of their own: valibot's `toJsonSchema`. Called first. Default: none. */
  readonly schemas?: SchemaConverter;
  /** Version of AsyncAPI. Default: `'3.0.0'`, which most tools read. */
  readonly version?: AsyncApiVersion;
  /** Runs last. The module serves the returned document unchanged. Default: none. */
  readonly document?: (document: AsyncApiDocument) => AsyncApiDocument;
}

/** Options of `AsyncApiModule.forRoot()`. */
export interface AsyncApiModuleOptions extends AsyncApiDocumentOptions {
  /**
   * The page is served at `<path>`, documents at `<path>-json` and `<path>-yaml`, below the global prefix. Default:
   * `'async-api'`.
   */
  readonly path?: string;
  /** Whether to serve a page that shows the routes and connects to them. Default: `true`. */
  readonly explorer?: boolean;
  /** Whether to serve page and documents. Default: `true`, unless `NODE_ENV` is `'production'`. */
  readonly enabled?: boolean;
  /** Decorators of the controller that serves page, documents and relay, such as `UseGuards()`. Default: none. */
  readonly decorators?: readonly AsyncApiDecorator[];
  /**
   * Whether `<path>/relay` opens connections to the application's own routes for pages of the same origin, with headers
   * and with the real answer to a refused one. Default: `false`. In production it needs a guard among `decorators`.
   */
  readonly relay?: boolean;
}
