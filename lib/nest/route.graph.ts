import type { VersioningOptions } from '@nestjs/common';
import type { NestContainer } from '@nestjs/core/injector/container.js';
import type { Entrypoint } from '@nestjs/core/inspector/interfaces/entrypoint.interface.js';
import type { RouteDefinition } from '../discovery/route.definition.js';
import { versionsOf, type RouteVersion } from './route.paths.js';

/** The members that the entry points of Nest's own routes have, and the mode. */
interface RouteEntrypoint {
  readonly path: string;
  readonly mode: string;
  /** The type of its messages, where they are told apart. */
  readonly message?: string;
  readonly methodVersion: RouteVersion | undefined;
  readonly controllerVersion: RouteVersion | undefined;
}

/**
 * Registers the routes as entry points of the graph that Nest Devtools and `SerializedGraph` show. Without
 * `snapshot: true` there is none.
 */
export function showInGraph(
  { serializedGraph }: NestContainer,
  routes: readonly RouteDefinition[],
  versioning: VersioningOptions | undefined,
): void {
  for (const route of routes) {
    const { paths, method, controller, wrapper, options } = route;
    if (!serializedGraph.getNodeById(wrapper.id)) continue;
    const versions = versionsOf(controller, method, versioning);
    for (const { methodName, ...message } of methodsOf(route)) {
      for (const { path } of paths) {
        const entrypoint: Entrypoint<RouteEntrypoint> = {
          id: `${wrapper.id}_${methodName}`,
          type: 'websocket',
          methodName,
          className: controller.name,
          classNodeId: wrapper.id,
          metadata: { key: path, path, mode: options.mode, ...message, ...versions },
        };
        serializedGraph.insertEntrypoint(entrypoint, wrapper.id);
      }
    }
  }
}

interface ShownMethod {
  readonly methodName: string;
  readonly message?: string;
}

function methodsOf({ methodName, messages }: RouteDefinition): ShownMethod[] {
  if (!messages) return [{ methodName }];
  const { byType, rest, onConnect, onClose } = messages;
  const others = [rest, onConnect, onClose].filter((name) => name !== undefined);
  return [
    ...[...byType].map(([message, name]) => ({ methodName: name, message })),
    ...others.map((name) => ({ methodName: name })),
  ];
}
