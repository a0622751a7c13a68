import type { WebSocketRouteInfo } from 'nestjs-revali-ws';
import type { Address } from './address.js';
import { refusalsOf } from './refusals.js';

/** Facts that AsyncAPI has no words for. Times in ms, sizes in bytes. Leaves out origins: they are nobody's business. */
export function extensionOf(
  route: WebSocketRouteInfo,
  { parameters }: Address,
): Record<string, unknown> {
  const { options } = route;
  const renamed = parameters.filter(({ key, name }) => key !== name);
  return defined({
    mode: route.mode,
    path: route.path,
    triggerOnConnect: options.triggerOnConnect || undefined,
    format: typeof options.format === 'string' ? options.format : 'codec',
    errors: options.errors,
    ping: options.ping === false ? false : options.ping?.interval,
    beat: options.beat || undefined,
    maxPayload: options.maxPayload,
    messageRate: options.messageRate,
    idleTimeout: options.idleTimeout,
    maxLifetime: options.maxLifetime,
    protocols: options.protocols?.supported,
    protocolRequired: options.protocols?.required || undefined,
    calls: 'revali.v1',
    messageType: typeof route.messageType === 'string' ? route.messageType : undefined,
    messageBody: route.messageBody,
    closes: listed(Object.entries(route.closes)) && route.closes,
    refusals: filled(refusalsOf(route)),
    rooms: listed(route.rooms),
    versions: listed(
      route.versions.map((version) => (typeof version === 'string' ? version : 'neutral')),
    ),
    hosts: listed(route.hosts.map(String)),
    wildcards: listed(parameters.filter(({ isWildcard }) => isWildcard).map(({ key }) => key)),
    parameters: listed(renamed) && Object.fromEntries(renamed.map(({ key, name }) => [key, name])),
  });
}

function listed<T>(list: readonly T[]): readonly T[] | undefined {
  return list.length > 0 ? list : undefined;
}

function filled(values: Record<string, string>): Record<string, string> | undefined {
  return Object.keys(values).length > 0 ? values : undefined;
}

function defined(values: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}
