import { listOf, isRecord } from '../schema/json.schema.js';
import type { AsyncApiChannel } from '../document/document.types.js';

/** Matches the paths of a channel's address. Ignores case and a trailing slash, which the platform decides on. */
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

/** Exceeds the number of parameters in any address. */
const OF_A_WILDCARD = 1_000;

/** How loosely an address describes its paths. If several channels match, the one with the lowest number comes first. */
export function loosenessOf({ address, 'x-revali': extension }: AsyncApiChannel): number {
  const wildcards = listOf(isRecord(extension) ? extension['wildcards'] : undefined);
  return address.split('{').length - 1 + OF_A_WILDCARD * wildcards.length;
}
