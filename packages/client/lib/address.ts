import type { Params, Query } from './route.types.js';

/**
 * Puts parameters into a path: `:name`, `*wildcard`, and `{/:part}`, which drops out if one of its parameters is missing.
 *
 * @throws TypeError if a parameter is missing, empty, `.` or `..`.
 */
export function fillPath(path: string, params: Params): string {
  return path.replace(
    /\{([^{}]*)\}|[:*](\w+)/g,
    (_match, part: string | undefined, name: string) => {
      if (part !== undefined)
        try {
          return fillPath(part, params);
        } catch {
          return '';
        }
      const parts = [params[name] ?? ''].flat().map(encodeURIComponent).join('/');
      // URLs resolve dots, which would lead to another route.
      if (/(\/|^)\.{0,2}(\/|$)/.test(parts)) throw new TypeError(`"${path}" needs params.${name}.`);
      return parts;
    },
  );
}

/** @param base The server's URL: `https://…` becomes `wss://…`. In a page it can be relative to the page. */
export function addressOf(
  base: string | URL,
  path: string,
  queries: (Query | undefined)[],
): string {
  const url = new URL(base, globalThis.location?.href);
  const { searchParams } = url;
  url.protocol = url.protocol.replace('http', 'ws');
  url.pathname = url.pathname.replace(/\/$/, '') + path;
  url.hash = '';
  for (const query of queries)
    for (const [name, value] of Object.entries(query ?? {})) {
      searchParams.delete(name);
      for (const each of [value].flat())
        if (each !== undefined && each !== null) searchParams.append(name, String(each));
    }
  return url.href;
}
