import type { INestApplicationContext } from '@nestjs/common';
import { ASYNCAPI_PACKAGE, loadAsyncApi } from './asyncapi.package.js';

/** One change that clients see. See `RouteChange` of `nestjs-revali-ws-asyncapi`. */
export interface RouteDifference {
  /** Its effect on clients: breaks them, may break them, or none. */
  readonly level: 'breaking' | 'risky' | 'added';
  /** The path, with the version and the host if the route has them. */
  readonly route: string;
  /** `in`: what clients send; `out`: what they get. */
  readonly direction: 'in' | 'out' | 'route';
  /** The change in one sentence. */
  readonly text: string;
}

/**
 * Lists what has changed for clients since a document was written. It calls `compareRoutes()` of
 * `nestjs-revali-ws-asyncapi`, which must be installed.
 *
 * @param app The application, with its global prefix and its versions set.
 * @param file A document, as `npx revali-ws routes --write` creates it.
 * @throws Error if the package is not installed, or if the file is not a document.
 *
 * @example
 * ```ts
 * expect(await compareRoutes(app, 'async-api.json')).toEqual([]);
 * ```
 */
export async function compareRoutes(
  app: Pick<INestApplicationContext, 'get'>,
  file: string,
): Promise<RouteDifference[]> {
  const loaded = await loadAsyncApi(
    isComparison,
    (cause) =>
      new Error(
        `compareRoutes() needs ${ASYNCAPI_PACKAGE}. Install it: npm install -D ${ASYNCAPI_PACKAGE}.`,
        { cause },
      ),
    () => new Error(`${ASYNCAPI_PACKAGE} has no compareRoutes(). Update it.`),
  );
  return loaded.compareRoutes(app, file);
}

interface Comparison {
  compareRoutes(app: unknown, file: string): Promise<RouteDifference[]>;
}

function isComparison(value: unknown): value is Comparison {
  return typeof value === 'object' && value !== null && 'compareRoutes' in value;
}
