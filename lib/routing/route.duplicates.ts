import type { RouteDefinition } from '../discovery/route.definition.js';
import type { ServedPath } from '../nest/route.paths.js';
import { DuplicateWebSocketRouteException } from '../revali-ws.exceptions.js';

/** How a platform compares paths that are written out. */
interface Spelling {
  readonly caseSensitive: boolean;
  readonly ignoreTrailingSlash: boolean;
}

/** @throws DuplicateWebSocketRouteException for two routes that no request can tell apart. */
export function refuseDuplicates(routes: readonly RouteDefinition[], matching: Spelling): void {
  const seen = new Map<string, RouteDefinition>();
  for (const route of routes) {
    for (const key of route.paths.flatMap((served) => identitiesOf(route, served, matching))) {
      const first = seen.get(key);
      if (first) {
        const path = route.paths.map((served) => served.path).join(', ');
        throw new DuplicateWebSocketRouteException(path, first.location, route.location);
      }
      seen.set(key, route);
    }
  }
}

/** Two routes with a common identity cannot be told apart. The names of parameters do not tell routes apart. */
function identitiesOf(route: RouteDefinition, served: ServedPath, matching: Spelling): string[] {
  const shape = normalizePath(served.path, matching).replaceAll(/([:*])(?:"[^"]*"|[\w$]+)/g, '$1');
  const versions = [served.version ?? '*'].flat();
  const hosts = route.hosts.length > 0 ? route.hosts : ['*'];
  return hosts.flatMap((host) =>
    versions.map((version) => `${shape} ${String(version)} ${String(host)}`),
  );
}

/** One text for all spellings that are one path to the platform. */
export function normalizePath(
  path: string,
  { caseSensitive, ignoreTrailingSlash }: Spelling,
): string {
  const trimmed =
    ignoreTrailingSlash && path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path;
  return caseSensitive ? trimmed : trimmed.toLowerCase();
}
