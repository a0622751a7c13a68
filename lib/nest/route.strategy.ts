import { RequestMethod, type HttpServer } from '@nestjs/common';
import type { ApplicationConfig } from '@nestjs/core';
import type { InstanceWrapper } from '@nestjs/core/injector/instance-wrapper.js';
import type { ResolvedRoute } from '@nestjs/core/router/interfaces/resolved-route.interface.js';
import { UnsupportedNestVersionException } from '../errors/revali-ws.exceptions.js';
import type { RouteHost, ServedPath } from './route.paths.js';

/** What the sorter gets for a path and its route. */
interface SortedEntry {
  readonly route: {
    readonly wrapper: InstanceWrapper<object>;
    readonly methodName: string;
    readonly method: (...args: unknown[]) => unknown;
    readonly hosts: readonly RouteHost[];
  };
  readonly served: ServedPath;
}

/**
 * Sorts paths in the order in which Nest would register them as HTTP routes: in declaration order, or by
 * `routeResolutionStrategy: 'specificity'`, which Nest 12 supports. Routers that ignore the order, such as Fastify's,
 * are not affected, as for HTTP.
 *
 * @throws UnsupportedNestVersionException if the strategy is set and Nest's own sorter is not found.
 */
export async function inOrderOfStrategy<Entry extends SortedEntry>(
  entries: readonly Entry[],
  config: ApplicationConfig,
  httpAdapter: HttpServer,
): Promise<readonly Entry[]> {
  if (strategyOf(config) !== 'specificity') return entries;
  if (httpAdapter.isRouteOrderSensitive?.() === false) return entries;
  const sort = await loadSorter();
  const byRoute = new Map(entries.map((entry) => [resolvedRoute(entry), entry]));
  return sort([...byRoute.keys()]).flatMap((route) => byRoute.get(route) ?? []);
}

/** Nest 11 has no such setting. */
function strategyOf(config: ApplicationConfig): unknown {
  const read: unknown = Reflect.get(config, 'getRouteResolutionStrategy');
  return typeof read === 'function' ? Reflect.apply(read, config, []) : undefined;
}

async function loadSorter(): Promise<(routes: ResolvedRoute[]) => ResolvedRoute[]> {
  try {
    const { RouteSpecificitySorter } =
      await import('@nestjs/core/router/route-specificity-sorter.js');
    return RouteSpecificitySorter.sort.bind(RouteSpecificitySorter);
  } catch {
    throw new UnsupportedNestVersionException('RouteSpecificitySorter');
  }
}

/** The sorter only reads the path. */
function resolvedRoute({ route, served }: SortedEntry): ResolvedRoute {
  return {
    method: RequestMethod.GET,
    path: served.path,
    host: [...route.hosts],
    version: served.version,
    methodVersion: undefined,
    controllerVersion: undefined,
    handler: route.method,
    targetCallback: () => undefined,
    methodName: route.methodName,
    instanceWrapper: route.wrapper,
  };
}
