import type { Params, Query } from './route.types.js';

const segments = (value: Params[string]): string =>
  [value].flat().map(encodeURIComponent).join('/');

/**
 * Puts parameters into a path: `:name`, `*wildcard`, and `{/:part}` where it is optional.
 *
 * @throws TypeError where one is missing.
 */
export function fillPath(path: string, params: Params): string {
  const fill = (part: string): string =>
    part.replace(/[:*](\w+)/g, (_match, name: string) => {
      const value = params[name];
      if (value === undefined) throw new TypeError(`"${path}" needs params.${name}.`);
      return segments(value);
    });
  const optional = (part: string): string =>
    [...part.matchAll(/[:*](\w+)/g)].every(([, name = '']) => params[name] !== undefined)
      ? part
      : '';
  return fill(path.replace(/\{([^{}]*)\}/g, (_match, part: string) => optional(part)));
}

/** @param base Of the server: `https://…` is `wss://…`. In a page it may be relative to it. */
export function addressOf(base: string | URL, path: string, queries: (Query | undefined)[]): URL {
  const url = new URL(base, globalThis.location?.href);
  url.protocol = url.protocol.replace('http', 'ws');
  url.pathname = url.pathname.replace(/\/$/, '') + path;
  url.hash = '';
  for (const query of queries)
    for (const [name, value] of Object.entries(query ?? {})) {
      url.searchParams.delete(name);
      for (const each of [value].flat())
        if (each !== undefined && each !== null) url.searchParams.append(name, String(each));
    }
  return url;
}
