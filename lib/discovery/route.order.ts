import type { RouteDefinition, RouteEntry } from './route.definition.js';

/**
 * Sorts paths in the order in which Nest registers HTTP routes: controller by controller, and each controller once for
 * each of its own paths.
 */
export function inRegistrationOrder(routes: readonly RouteDefinition[]): RouteEntry[] {
  const ofControllers = new Map<RouteDefinition['wrapper'], RouteEntry[]>();
  for (const route of routes) {
    const entries = ofControllers.get(route.wrapper) ?? [];
    entries.push(...route.paths.map((served) => ({ route, served })));
    ofControllers.set(route.wrapper, entries);
  }
  return [...ofControllers.values()].flatMap((entries) => entries.toSorted(byControllerPath));
}

/** Sorting is stable: below one path of the controller, methods keep their order. */
function byControllerPath({ served: one }: RouteEntry, { served: other }: RouteEntry): number {
  return (one.controllerPath ?? 0) - (other.controllerPath ?? 0);
}
