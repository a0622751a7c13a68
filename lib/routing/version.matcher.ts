import { VERSION_NEUTRAL, VersioningType, type VersioningOptions } from '@nestjs/common';
import type { IncomingMessage } from 'node:http';
import type { ServedPath } from '../nest/route.paths.js';
import type { RouteCandidate } from './route.table.js';

/**
 * Picks the route for the version that the request asks for, as Nest's HTTP side does: versions of a route match if
 * one of them is asked for; a neutral route matches every request; in a list, neutral stands for "none given".
 *
 * @param request The platform's own request, which a custom extractor expects.
 */
export function pickByVersion(
  candidates: readonly RouteCandidate[],
  versioning: VersioningOptions | undefined,
  request: unknown,
  raw: IncomingMessage,
): RouteCandidate | undefined {
  if (!versioning || versioning.type === VersioningType.URI) return candidates[0];
  const asked = askedVersions(versioning, request, raw);
  // The extractor's order is the client's preference.
  for (const version of asked) {
    const exact = candidates.find(({ served }) => [served.version].flat().includes(version));
    if (exact) return exact;
  }
  return candidates.find(({ served: { version } }) => isNeutral(version, asked.length === 0));
}

function isNeutral(version: ServedPath['version'], isNoneGiven: boolean): boolean {
  if (version === undefined || version === VERSION_NEUTRAL) return true;
  return isNoneGiven && Array.isArray(version) && version.includes(VERSION_NEUTRAL);
}

function askedVersions(
  versioning: VersioningOptions,
  request: unknown,
  raw: IncomingMessage,
): string[] {
  switch (versioning.type) {
    case VersioningType.HEADER:
      return compact([raw.headers[versioning.header.toLowerCase()]].flat());
    case VersioningType.MEDIA_TYPE:
      return compact([mediaTypeVersion(raw.headers.accept, versioning.key)]);
    case VersioningType.CUSTOM:
      return compact([versioning.extractor(request)].flat());
    case VersioningType.URI:
      return [];
  }
}

/** `Accept: application/json;v=2` with the key `v=` asks for version 2. */
function mediaTypeVersion(accept: string | undefined, key: string): string | undefined {
  for (const parameter of (accept ?? '').split(/[;,]/)) {
    const trimmed = parameter.trim();
    if (trimmed.startsWith(key)) return trimmed.slice(key.length);
  }
  return undefined;
}

function compact(values: readonly (string | undefined)[]): string[] {
  return values.filter((value): value is string => typeof value === 'string' && value !== '');
}
