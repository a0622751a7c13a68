import type { Type, VersioningOptions } from '@nestjs/common';
import type { NestContainer } from '@nestjs/core/injector/container.js';
import type { Entrypoint } from '@nestjs/core/inspector/interfaces/entrypoint.interface.js';
import { versionsOf, type RouteVersion, type ServedPath } from './route.paths.js';

/** What the graph shows of a route. */
interface GraphedRoute {
  readonly controller: Type<unknown>;
  readonly wrapper: { readonly id: string };
  readonly methodName: string;
  readonly method: (...args: unknown[]) => unknown;
  readonly paths: readonly ServedPath[];
  readonly options: { readonly mode: string };
  readonly rooms: readonly { readonly kind: string; readonly names?: string }[];
  readonly messages?: GraphedMessages;
}

/** The method names of a `@WebSocketController`. */
interface GraphedMessages {
  readonly byType: ReadonlyMap<string, string>;
  readonly rest: string | undefined;
  readonly onConnect: string | undefined;
  readonly onClose: string | undefined;
}

/** The properties of Nest's own route entry points, and the mode. */
interface RouteEntrypoint {
  readonly path: string;
  readonly mode: string;
  /** The type of its messages, if it selects them by type. */
  readonly message?: string;
  /** Present if its connections join rooms. */
  readonly rooms?: GraphedRoute['rooms'];
  readonly methodVersion: RouteVersion | undefined;
  readonly controllerVersion: RouteVersion | undefined;
}

/**
 * Registers the routes as entry points of the graph that Nest Devtools and `SerializedGraph` show. Without
 * `snapshot: true`, there is no graph.
 */
export function showInGraph(
  { serializedGraph }: NestContainer,
  routes: readonly GraphedRoute[],
  versioning: VersioningOptions | undefined,
): void {
  for (const route of routes) {
    const { paths, method, controller, wrapper, options, rooms } = route;
    if (!serializedGraph.getNodeById(wrapper.id)) continue;
    const { mode } = options;
    const joined = rooms.length > 0 && { rooms };
    const versions = versionsOf(controller, method, versioning);
    for (const { methodName, ...message } of methodsOf(route)) {
      for (const { path } of paths) {
        const entrypoint: Entrypoint<RouteEntrypoint> = {
          id: `${wrapper.id}_${methodName}`,
          type: 'websocket',
          methodName,
          className: controller.name,
          classNodeId: wrapper.id,
          metadata: { key: path, path, mode, ...joined, ...message, ...versions },
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

function methodsOf({ methodName, messages }: GraphedRoute): ShownMethod[] {
  if (!messages) return [{ methodName }];
  const { byType, rest, onConnect, onClose } = messages;
  const others = [rest, onConnect, onClose].filter((name) => name !== undefined);
  return [
    ...[...byType].map(([message, name]) => ({ methodName: name, message })),
    ...others.map((name) => ({ methodName: name })),
  ];
}
