import type { INestApplicationContext } from '@nestjs/common';
import { ASYNCAPI_PACKAGE, loadAsyncApi } from './asyncapi.package.js';

/** One difference for clients. See `RouteChange` of `nestjs-revali-ws-asyncapi`. */
export interface RouteDifference {
  /** What it does to clients: breaks them, may break them, or nothing. */
  readonly level: 'breaking' | 'risky' | 'added';
  /** The path, with the version and the host where the route has some. */
  readonly route: string;
  /** `in`: what clients send; `out`: what they get. */
  readonly direction: 'in' | 'out' | 'route';
  /** What has changed, in one sentence. */
  readonly text: string;
}

/**
 * What has changed for clients since a document was written: `compareRoutes()` of `nestjs-revali-ws-asyncapi`, which has
 * to be installed.
 *
 * @param app With its global prefix and its versions set.
 * @param file A document, as `npx revali-ws routes --write` makes it.
 * @throws Error where the package is not installed, or where the file is no document.
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
