import { Logger, type INestApplicationContext } from '@nestjs/common';
import { ApplicationConfig, ModulesContainer } from '@nestjs/core';
import { exploreRoutes } from 'nestjs-revali-ws';
import { inspect } from 'node:util';
import { OPTIONS, type AsyncApiDocumentOptions } from './async-api.options.js';
import { checkDocumentOptions } from './async-api.options.check.js';
import { buildDocument } from './document/document.builder.js';
import type { AsyncApiDocument } from './document/document.types.js';
import { packageInfo } from './document/package.info.js';
import { isRecord } from './schema/json.schema.js';
import { loadPeers } from './schema/peers.js';

const UNKNOWN_OPTIONS =
  'RevaliWsModule.forRootAsync() makes its options when the application runs, and this one is a preview. The document ' +
  'has the defaults of ping, limits and errors.';

/** The part of an application that the document needs: `app` itself, or a `ModuleRef`. */
export type AsyncApiApplication = Pick<INestApplicationContext, 'get'>;

/**
 * Creates the AsyncAPI document of all WebSocket routes of an application. It is asynchronous because it loads optional
 * packages for the schemas of classes.
 *
 * @param app An application with its global prefix and versions set. It need not run. With `{ preview: true }`, options
 *   of `RevaliWsModule.forRootAsync()` are unknown, and the log warns you.
 * @param options See {@link AsyncApiDocumentOptions}.
 * @throws InvalidAsyncApiOptionException for an option that cannot be honored.
 * @throws DuplicateSchemaNameException if two classes have the same name.
 *
 * @example
 * ```ts
 * const document = await createAsyncApiDocument(app, { info: { title: 'Chat', version: '1.0.0' } });
 * ```
 */
export async function createAsyncApiDocument(
  app: AsyncApiApplication,
  options: AsyncApiDocumentOptions = {},
): Promise<AsyncApiDocument> {
  checkDocumentOptions(options);
  const logger = new Logger('AsyncApi');
  return makeDocument(app, options, (text) => {
    logger.warn(text);
  });
}

async function makeDocument(
  app: AsyncApiApplication,
  options: AsyncApiDocumentOptions,
  warn: (text: string) => void,
): Promise<AsyncApiDocument> {
  const { version = '3.0.0', info = packageInfo(), document: complete } = options;
  const { all: routes, knowsOptions } = exploreRoutes(app);
  if (!knowsOptions) warn(UNKNOWN_OPTIONS);
  const document = buildDocument({
    ...options,
    routes,
    versioning: app.get(ApplicationConfig, { strict: false }).getVersioning(),
    peers: await loadPeers(),
    version,
    info,
    warn,
  });
  return completed(document, complete);
}

/** Applies the option `document`. @throws Error if the option returns nothing. */
export function completed(
  document: AsyncApiDocument,
  complete: AsyncApiDocumentOptions['document'],
): AsyncApiDocument {
  if (!complete) return document;
  const made = complete(document);
  if (isRecord(made)) return made;
  throw new Error(
    `The option "document" returned ${inspect(made)}. Return the document, also where you change it in place.`,
  );
}

/**
 * Creates the document that `AsyncApiModule` serves, except for `servers`. Uses default options if the module is not
 * imported.
 *
 * @param warn Called with facts that the document cannot express. Default: the log.
 */
export async function documentOfApplication(
  app: AsyncApiApplication,
  warn?: (text: string) => void,
): Promise<AsyncApiDocument> {
  const options = moduleOptionsOf(app);
  return warn ? makeDocument(app, options, warn) : createAsyncApiDocument(app, options);
}

/** Avoids `app.get()`: Nest may end the process if nothing provides the options. */
function moduleOptionsOf(app: AsyncApiApplication): AsyncApiDocumentOptions {
  const modules = app.get(ModulesContainer, { strict: false });
  for (const { providers } of modules.values()) {
    const options: unknown = providers.get(OPTIONS)?.instance;
    if (isOptions(options)) return options;
  }
  return {};
}

/** The token alone is enough: only `AsyncApiModule` knows it. */
function isOptions(value: unknown): value is AsyncApiDocumentOptions {
  return typeof value === 'object' && value !== null;
}
