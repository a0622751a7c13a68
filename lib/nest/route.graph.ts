import type { NestContainer } from '@nestjs/core/injector/container.js';
import type { Entrypoint } from '@nestjs/core/inspector/interfaces/entrypoint.interface.js';
import type { RouteDefinition } from '../discovery/route.definition.js';
import type { ServedPath } from './route.paths.js';

interface RouteEntrypoint {
  readonly path: string;
  readonly mode: string;
  readonly version?: ServedPath['version'];
}

/** Registers the routes as entry points of the graph that Nest Devtools and `SerializedGraph` show. */
export function showInGraph(
  { serializedGraph }: NestContainer,
  routes: readonly RouteDefinition[],
): void {
  for (const { paths, methodName, controller, wrapper, options } of routes) {
    for (const { path, version } of paths) {
      const entrypoint: Entrypoint<RouteEntrypoint> = {
        id: `${wrapper.id}_${methodName}`,
        type: 'websocket',
        methodName,
        className: controller.name,
        classNodeId: wrapper.id,
        metadata: {
          key: path,
          path,
          mode: options.mode,
          ...(version === undefined ? {} : { version }),
        },
      };
      serializedGraph.insertEntrypoint(entrypoint, wrapper.id);
    }
  }
}
