import type { INestApplicationContext } from '@nestjs/common';
import { ApplicationConfig, ModulesContainer } from '@nestjs/core';
import { RoutePaths } from '../nest/route.paths.js';
import { MODULE_OPTIONS_TOKEN } from '../options/revali-ws.module-definition.js';
import type { RevaliWsModuleOptions } from '../options/revali-ws.options.js';
import { resolveModuleOptions } from '../options/revali-ws.options.resolver.js';
import { RouteExplorer } from './route.explorer.js';
import { routeInfosOf, type WebSocketRouteInfo } from './route.info.js';

/** The result of `exploreRoutes()`. */
export interface ExploredRoutes {
  /** In declaration order. The list is frozen. */
  readonly all: readonly WebSocketRouteInfo[];
  /**
   * Whether the module's options are known. They are unknown if `forRootAsync()` creates them and the application runs
   * in preview mode; defaults are used instead.
   */
  readonly knowsOptions: boolean;
}

/**
 * Finds the WebSocket routes of an application that does not have to run: before `app.init()`, or created with
 * `{ preview: true }`, so that nothing is instantiated. For a running application, use `WebSocketRoutes`.
 *
 * @param app The application, with its global prefix and its versions set.
 * @throws Error if `RevaliWsModule` is not imported.
 * @throws InvalidWebSocketOptionException and other errors that are thrown at startup.
 *
 * @example
 * ```ts
 * const app = await NestFactory.create(AppModule, { preview: true });
 * for (const { path, mode } of exploreRoutes(app).all) console.log(path, mode);
 * ```
 */
export function exploreRoutes(app: Pick<INestApplicationContext, 'get'>): ExploredRoutes {
  const modules = app.get(ModulesContainer, { strict: false });
  const config = app.get(ApplicationConfig, { strict: false });
  const options = moduleOptionsIn(modules);
  const paths = new RoutePaths(config, modules);
  const routes = new RouteExplorer(modules, paths, resolveModuleOptions(options ?? {})).explore();
  const all = Object.freeze(routes.flatMap((route) => routeInfosOf(route)));
  return { all, knowsOptions: options !== undefined };
}

/**
 * `undefined` if nothing created them. `app.get()` is no alternative: Nest may end the process if there is no provider.
 *
 * @throws Error
 */
function moduleOptionsIn(modules: ModulesContainer): RevaliWsModuleOptions | undefined {
  const own = [...modules.values()].find(({ providers }) => providers.has(MODULE_OPTIONS_TOKEN));
  if (!own)
    throw new Error(
      'The application has no RevaliWsModule. Import RevaliWsModule.forRoot() in its root module.',
    );
  const options: unknown = own.providers.get(MODULE_OPTIONS_TOKEN)?.instance;
  return isOptions(options) ? options : undefined;
}

/** Only the module's own methods provide them. */
function isOptions(value: unknown): value is RevaliWsModuleOptions {
  return typeof value === 'object' && value !== null;
}
