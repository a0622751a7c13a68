import type { RouteDefinition } from '../discovery/route.definition.js';
import { WebSocketPathTakenException, type ForeignPath } from '../errors/revali-ws.exceptions.js';
import type { GatewayDefinition } from '../nest/gateway.explorer.js';
import type { RouteTable } from '../routing/route.table.js';
import { gatewayPath } from './gateway.path.js';
import type { RevaliWsAdapter } from './revali-ws.adapter.js';

const SOCKET_IO_PATH = '/socket.io';
/** Stands for any value of a wildcard; among the routes' own paths, only another wildcard matches it. */
const ANYTHING = Array.from({ length: 20 }, () => 'x').join('/');
const CURE =
  'Change one of the paths, or give the gateway a port of its own: @WebSocketGateway(port).';

/**
 * The paths of gateways that share the application's server. If the adapter is unknown, only gateways with a path are
 * assumed to be on that server.
 */
export function gatewayConflicts(
  gateways: readonly GatewayDefinition[],
  adapter: object,
): ForeignPath[] {
  return gateways
    .filter(({ port }) => port === 0)
    .flatMap((gateway) => foreignPathOf(gateway, adapter));
}

/** @throws WebSocketPathTakenException if one of the two would never see a client. */
export function refuseConflict(
  foreign: ForeignPath,
  table: RouteTable,
  routes: readonly RouteDefinition[],
): void {
  const [candidate] = table.find(foreign.path.replaceAll(/\*\w*/g, ANYTHING));
  const route =
    candidate?.route ?? routes.find((other) => isUnder(foreign, other) || isTaken(foreign, other));
  if (!route) return;
  const path = candidate?.served.path ?? route.paths.map((served) => served.path).join(', ');
  throw new WebSocketPathTakenException(route.location, path, foreign);
}

function isUnder({ path, isPrefix = false }: ForeignPath, { paths }: RouteDefinition): boolean {
  return (
    isPrefix && paths.some((served) => served.path.toLowerCase().startsWith(path.toLowerCase()))
  );
}

function isTaken({ takes }: ForeignPath, { paths }: RouteDefinition): boolean {
  return takes !== undefined && paths.some((served) => takes(served.path));
}

function foreignPathOf({ name, path, target }: GatewayDefinition, adapter: object): ForeignPath[] {
  const gateway = `the gateway ${name}`;
  if ('createIOServer' in adapter) {
    const base = pathOfSocketIo(target) ?? path ?? SOCKET_IO_PATH;
    const prefix = `${base.replace(/\/$/, '')}/`;
    return [{ name: `socket.io (${gateway})`, path: prefix, isPrefix: true, cure: CURE }];
  }
  if (isOurs(adapter)) return [{ name: gateway, ...adapter.servedPath(path), cure: CURE }];
  const isWsAdapter = 'wsServersRegistry' in adapter;
  if (path === undefined && !isWsAdapter) return [];
  return [{ name: gateway, path: gatewayPath(path, false, ''), cure: CURE }];
}

/** Checked by shape, like the other adapters, whose classes must not be loaded. */
function isOurs(adapter: object): adapter is Pick<RevaliWsAdapter, 'servedPath'> {
  return 'servedPath' in adapter;
}

/** Subclasses of the adapter may change it. The server knows, if the gateway has it as its `@WebSocketServer()`. */
function pathOfSocketIo(gateway: object): string | undefined {
  const values: unknown[] = Object.values(gateway);
  return values
    .map((value) => readServer(value) ?? value)
    .find(isSocketIo)
    ?.path();
}

/** A namespace knows its server. */
function readServer(value: unknown): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, 'server') : undefined;
}

function isSocketIo(value: unknown): value is { path(): string } {
  return (
    typeof value === 'object' &&
    value !== null &&
    'engine' in value &&
    'path' in value &&
    typeof value.path === 'function'
  );
}
