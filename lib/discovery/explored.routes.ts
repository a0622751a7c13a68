import type { INestApplicationContext } from '@nestjs/common';
import { ApplicationConfig, ModulesContainer } from '@nestjs/core';
import { RoutePaths } from '../nest/route.paths.js';
import { MODULE_OPTIONS_TOKEN } from '../options/revali-ws.module-definition.js';
import type { RevaliWsModuleOptions } from '../options/revali-ws.options.js';
import { resolveModuleOptions } from '../options/revali-ws.options.resolver.js';
import { RouteExplorer } from './route.explorer.js';
import { routeInfosOf, type WebSocketRouteInfo } from './route.info.js';

/** What `exploreRoutes()` finds. */
export interface ExploredRoutes {
  /** In the order in which they were declared. The list cannot be changed. */
  readonly all: readonly WebSocketRouteInfo[];
  /**
   * Whether the options of the module are known. They are not where `forRootAsync()` makes them and the application is
   * one of preview: then the defaults stand in for them.
   */
  readonly knowsOptions: boolean;
}

/**
 * Finds the WebSocket routes of an application that need not run: before `app.init()`, and where it was made with
 * `{ preview: true }`, so that nothing was instantiated. `WebSocketRoutes` has those of one that runs.
 *
 * @param app With its global prefix and its versions set.
 * @throws Error where `RevaliWsModule` is not imported.
 * @throws InvalidWebSocketOptionException and what else is refused when an application starts.
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
 * `undefined` where nothing has made them. Not by `app.get()`: Nest may end the process where nothing provides them.
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
