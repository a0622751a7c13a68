import type { Route } from '../document/document.types.js';

/** The values that the user filled in. */
export interface Handshake {
  readonly parameters: Readonly<Record<string, string>>;
  readonly query: readonly (readonly [name: string, value: string])[];
  /** Names and values. Only the relay can send them. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly protocols: readonly string[];
}

/** Where and how to connect. */
export interface Target extends Handshake {
  readonly route: Route;
  /** `wss://example.com/prefix`, without a trailing slash. */
  readonly server: string;
  /** The address of the relay. If `undefined`, the page connects directly. */
  readonly relay: string | undefined;
}

/** The path with its query, as the application sees it. */
export function pathOf({ route, parameters, query }: Target): string {
  const path = route.address.replaceAll(/\{([^}]+)\}/g, (_, name: string) => {
    const value = parameters[name] ?? '';
    const segments = route.wildcards.includes(name) ? value.split('/') : [value];
    return segments.map((segment) => encodeURIComponent(segment.toWellFormed())).join('/');
  });
  const search = new URLSearchParams(
    query.map(([name, value]): [string, string] => [name, value]),
  ).toString();
  return search === '' ? path : `${path}?${search}`;
}

export function urlOf(target: Target): string {
  return `${target.server}${pathOf(target)}`;
}

/** The members of `location` that matter here. */
export interface Place {
  readonly protocol: string;
  readonly host: string;
  readonly pathname: string;
}

/** The application's address without the page's path. Keeps the prefix that a proxy put in front. */
export function serverOf({ protocol, host, pathname }: Place, path: string): string {
  const scheme = protocol === 'https:' ? 'wss' : 'ws';
  const trimmed = (text: string): string => text.replace(/\/+$/, '');
  const [here, known] = [trimmed(pathname), trimmed(path)];
  const prefix = here.endsWith(known) ? here.slice(0, here.length - known.length) : '';
  return `${scheme}://${host}${prefix}`;
}
