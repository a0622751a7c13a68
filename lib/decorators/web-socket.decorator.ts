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
   * @param path One or several paths below the controller's own; none: the controller's own path. Parameters
   * (`room/:id`) and wildcards (`files/*rest`) are written as for HTTP routes.
   * @param options See {@link WebSocketRouteOptions}. A bad one is refused when the application starts.
   */
  (path?: string | readonly string[], options?: WebSocketRouteOptions): MethodDecorator;
  /** A route at the controller's own path. */
  (options: WebSocketRouteOptions): MethodDecorator;

  /** A route at the controller's own path in the given mode. */
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
  // As @Get([]).
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
 * Serves a WebSocket at the path: the handshake passes the middleware and guards that an HTTP GET of the path
 * meets, then each message calls the method, and what it returns is sent.
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
