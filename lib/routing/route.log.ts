import type { Logger } from '@nestjs/common';
import type { MessageMethods, RouteDefinition } from '../discovery/route.definition.js';
import { CONNECTION_OPTIONS } from '../options/options.table.js';

/** Logs one line per route, in the style of Nest's own router. */
export function logRoutes(logger: Logger, routes: readonly RouteDefinition[]): void {
  for (const route of routes) {
    for (const { path, version } of route.paths) {
      const details = [
        ...(version === undefined ? [] : [`version: ${[version].flat().map(String).join(', ')}`]),
        ...notableOptions(route),
      ];
      logger.log(
        `Mapped {${path}, WS} route${details.length > 0 ? ` (${details.join(', ')})` : ''}`,
      );
    }
  }
}

function notableOptions({ options: { mode, ping }, messages, rooms }: RouteDefinition): string[] {
  const kinds = new Set(rooms.map(({ kind }) => kind));
  return [
    ...(messages ? [`messages: ${typesOf(messages).join(' | ') || 'none'}`] : []),
    ...(kinds.size > 0 ? [`rooms: ${[...kinds].join(' | ')}`] : []),
    ...(mode === 'twoWay' ? [] : [`mode: ${mode}`]),
    ...(ping === false ? ['ping: off'] : []),
    ...(ping !== false && ping.interval !== CONNECTION_OPTIONS.ping.default.interval
      ? [`ping: ${ping.interval} ms`]
      : []),
  ];
}

function typesOf({ byType, rest }: MessageMethods): string[] {
  const types = [...byType.keys()];
  if (rest === undefined) return types;
  return types.length === 0 ? ['any'] : [...types, 'any other'];
}
