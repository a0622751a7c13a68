import type { OptionDescriptor, OptionTable, Resolved } from './option.descriptor.js';
import { OptionReader } from './option.reader.js';
import { readTable } from './option.table.reader.js';
import {
  MODULE_OPTIONS,
  ROUTE_OPTIONS,
  type CONNECTION_OPTIONS,
  type SERVER_OPTIONS,
} from './options.table.js';
import type {
  ConnectionOptions,
  RevaliWsModuleOptions,
  WebSocketRouteOptions,
} from './revali-ws.options.js';

/** Options with all defaults filled in. Times are in ms, sizes in bytes; `undefined` means no limit. */
export interface ResolvedConnectionOptions extends Resolved<
  ConnectionOptions,
  typeof CONNECTION_OPTIONS
> {}

/** The options of one route, with all defaults filled in. */
export interface ResolvedRouteOptions extends Resolved<
  WebSocketRouteOptions,
  typeof ROUTE_OPTIONS
> {}

/** Options shared by routes and gateways. */
export interface ResolvedServerOptions extends Resolved<
  Omit<RevaliWsModuleOptions, 'observers' | 'rooms'>,
  typeof SERVER_OPTIONS
> {}

export interface ResolvedModuleOptions extends Resolved<
  RevaliWsModuleOptions,
  typeof MODULE_OPTIONS
> {}

/** @throws InvalidWebSocketOptionException */
export function resolveModuleOptions(options: RevaliWsModuleOptions): ResolvedModuleOptions {
  return resolveOptions('RevaliWsModule.forRoot()', MODULE_OPTIONS, options);
}

/**
 * @param where Names the route in errors, such as `ChatController.join()`.
 * @throws InvalidWebSocketOptionException
 */
export function resolveRouteOptions(
  where: string,
  options: WebSocketRouteOptions,
  module: ResolvedModuleOptions,
): ResolvedRouteOptions {
  return resolveOptions(where, ROUTE_OPTIONS, options, module);
}

/**
 * @param where Names the owner of the options in errors.
 * @param defaults Overrides the table's defaults for the options it contains.
 * @throws InvalidWebSocketOptionException
 */
export function resolveOptions<Options extends object, Table extends OptionTable<Options>>(
  where: string,
  table: Table,
  options: Options,
  defaults?: object,
): Resolved<Options, Table>;
// The table's type maps each option to its resolved form, which a loop over its entries cannot express.
export function resolveOptions(
  where: string,
  table: Readonly<Record<string, OptionDescriptor<unknown>>>,
  options: object,
  defaults: object = {},
): object {
  return readTable(new OptionReader(where), table, options, { defaults });
}
