import { RouteMetadataAccessor } from '../discovery/route-metadata.accessor.js';
import type {
  Duration,
  PingOptions,
  WebSocketMode,
  WebSocketRouteOptions,
} from '../options/revali-ws.options.js';

/** Marks a method of a controller as the handler of a WebSocket route. */
export interface WebSocketDecorator {
  /**
   * A route below the path of the controller.
   *
   * @param path One or several paths below the controller's path; the controller's path itself if omitted. Parameters
   * (`room/:id`) and wildcards (`files/*rest`) are written as for HTTP routes.
   * @param options See {@link WebSocketRouteOptions}. An invalid option is refused at startup.
   */
  (path?: string | readonly string[], options?: WebSocketRouteOptions): MethodDecorator;
  /** A route at the controller's path. */
  (options: WebSocketRouteOptions): MethodDecorator;

  /** A route at the controller's path in the given mode. */
  mode(
    mode: WebSocketMode | `${WebSocketMode}`,
    options?: Omit<WebSocketRouteOptions, 'mode'>,
  ): MethodDecorator;

  /** A route with its own heartbeat. */
  ping(
    path: string | readonly string[],
    options: WebSocketRouteOptions & { readonly ping: Duration | PingOptions },
  ): MethodDecorator;
}

function route(
  pathOrOptions: string | readonly string[] | WebSocketRouteOptions = '',
  options: WebSocketRouteOptions = {},
): MethodDecorator {
  if (isOptions(pathOrOptions)) return route('', pathOrOptions);
  const given = [pathOrOptions].flat();
  // The same as @Get([]).
  const paths = given.length > 0 ? given : [''];
  const isListed = typeof pathOrOptions !== 'string' && given.includes('');
  const metadata = { paths, options, ...(isListed && { listsEmptyPath: true }) };
  return (_target, _key, descriptor: PropertyDescriptor) => {
    const method: unknown = descriptor.value;
    if (typeof method === 'function') RouteMetadataAccessor.addRoute(method, metadata);
  };
}

function isOptions(
  value: string | readonly string[] | WebSocketRouteOptions,
): value is WebSocketRouteOptions {
  return typeof value === 'object' && !Array.isArray(value);
}

/**
 * Serves a WebSocket at the path. The handshake passes through the middleware and guards of an HTTP GET to that path.
 * Then each message calls the method, and the return value is sent.
 *
 * @example
 * ```ts
 * @Controller('example')
 * export class ExampleController {
 *   @WebSocket('websocket')
 *   echo(@Body() message: string) {
 *     return `Echo: ${message}`;
 *   }
 * }
 * ```
 */
export const WebSocket: WebSocketDecorator = Object.assign(route, {
  mode: (
    mode: WebSocketMode | `${WebSocketMode}`,
    options: Omit<WebSocketRouteOptions, 'mode'> = {},
  ) => route('', { ...options, mode }),
  ping: (
    path: string | readonly string[],
    options: WebSocketRouteOptions & { readonly ping: Duration | PingOptions },
  ) => route(path, options),
});
