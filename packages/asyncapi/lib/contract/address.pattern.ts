import { listOf, isRecord } from '../schema/json.schema.js';
import type { AsyncApiChannel } from '../document/document.types.js';

/** Which paths a channel's address stands for. Upper and lower case and a last slash are left to the platform. */
export function addressPattern(channel: AsyncApiChannel): RegExp {
  const extension = channel['x-revali'];
  const wildcards = new Set(listOf(isRecord(extension) ? extension['wildcards'] : undefined));
  const source = channel.address
    .split(/(\{[^}]*\})/)
    .map((part) => {
      if (!part.startsWith('{')) return part.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
      return wildcards.has(part.slice(1, -1)) ? '.*' : '[^/]+';
    })
    .join('');
  return new RegExp(`^${source.replace(/(?<=.)\/$/, '')}/?$`, 'i');
}

/** More than an address has parameters. */
const OF_A_WILDCARD = 1_000;

/** How little an address says of its paths: of several channels, the one with the least is meant first. */
export function loosenessOf({ address, 'x-revali': extension }: AsyncApiChannel): number {
  const wildcards = listOf(isRecord(extension) ? extension['wildcards'] : undefined);
  return address.split('{').length - 1 + OF_A_WILDCARD * wildcards.length;
}
