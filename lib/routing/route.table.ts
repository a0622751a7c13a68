import { match, type MatchFunction, type ParamData } from 'path-to-regexp';
import type { RouteDefinition, RouteEntry } from '../discovery/route.definition.js';
import { inRegistrationOrder } from '../discovery/route.order.js';
import {
  DuplicateWebSocketRouteException,
  InvalidWebSocketPathException,
} from '../errors/revali-ws.exceptions.js';
import { LAST_WILDCARD, withEmptyWildcard, type ServedPath } from '../nest/route.paths.js';
import { BareRecord } from '../values/bare.record.js';

/** How the HTTP platform compares paths. */
export interface PathMatching {
  readonly caseSensitive: boolean;
  readonly ignoreTrailingSlash: boolean;
  /** Longest parameter that the platform accepts; longer ones do not match. */
  readonly maxParamLength: number;
  /** Whether a wildcard at the end of a path may be empty: `/files/*rest` for `/files/`. */
  readonly hasEmptyWildcards?: boolean;
  /** The path as the platform's router reads it, if that differs from the client's. */
  readonly read?: (path: string) => string;
}

/** A route that serves the path, with the path's parameters. */
export interface RouteCandidate extends RouteEntry {
  readonly params: PathParams;
}

export type PathParams = Readonly<Record<string, string | string[]>>;

interface CompiledPath extends RouteEntry {
  /** Its place in the order. */
  readonly rank: number;
  /** `undefined` if the lookup alone decides. */
  readonly matches: MatchFunction<ParamData> | undefined;
  /** The wildcard that may be empty. */
  readonly wildcard: string | undefined;
}

const ASCII = /^[!-~]*$/;
const STATIC_PATH = /^[^:*{}()[\]\\?+!]*$/;

/**
 * Finds the routes that serve a path. Paths without parameters are looked up; of the others, only those with the same
 * first segment are tried.
 */
export class RouteTable {
  private readonly statics = new Map<string, CompiledPath[]>();
  private readonly dynamics = new Map<string, CompiledPath[]>();
  private readonly openEnded: CompiledPath[] = [];

  /**
   * @param order The order of the candidates.
   * @throws DuplicateWebSocketRouteException
   * @throws InvalidWebSocketPathException
   */
  constructor(
    routes: readonly RouteDefinition[],
    private readonly matching: PathMatching,
    order: readonly RouteEntry[] = inRegistrationOrder(routes),
  ) {
    refuseDuplicates(routes, matching);
    order.forEach((entry, rank) => this.add(entry, rank));
  }

  /** Candidates in order; version, host, and the platform decide between them. */
  find(written: string): RouteCandidate[] {
    const path = this.matching.read?.(written) ?? written;
    const candidates: RouteCandidate[] = [];
    for (const compiled of this.pathsFor(this.normalize(path))) {
      const params = this.paramsOf(path, compiled);
      if (params) candidates.push({ route: compiled.route, served: compiled.served, params });
    }
    return candidates;
  }

  private pathsFor(key: string): readonly CompiledPath[] {
    const { openEnded } = this;
    const written = this.statics.get(key);
    const below = this.dynamics.get(firstSegment(key));
    if (openEnded.length === 0) {
      if (!below) return written ?? openEnded;
      if (!written) return below;
    }
    return [...(written ?? []), ...(below ?? []), ...openEnded].toSorted(byRank);
  }

  private paramsOf(path: string, { matches, wildcard }: CompiledPath): PathParams | undefined {
    if (!matches) return new BareRecord<string>();
    const result = matches(path);
    if (!result) return undefined;
    const params = pathParams(result.params);
    if (wildcard !== undefined) params[wildcard] ??= [''];
    return this.isTooLong(params) ? undefined : params;
  }

  private add({ route, served }: RouteEntry, rank: number): void {
    const key = this.normalize(served.path);
    const first = firstSegment(key);
    const compiled = this.compile(route, served.path);
    const isStatic = STATIC_PATH.test(served.path);
    const isDecided = isStatic && isDecidedByKey(served.path, key);
    const { wildcard } = compiled;
    const matches = isDecided ? undefined : compiled.matches;
    const entry = { route, served, rank, matches, wildcard };
    if (isStatic) push(this.statics, key, entry);
    else if (STATIC_PATH.test(first)) push(this.dynamics, first, entry);
    else this.openEnded.push(entry);
  }

  private compile(
    route: RouteDefinition,
    path: string,
  ): Pick<CompiledPath, 'wildcard'> & { readonly matches: MatchFunction<ParamData> } {
    const { caseSensitive, ignoreTrailingSlash, hasEmptyWildcards = false } = this.matching;
    const wildcard = hasEmptyWildcards ? LAST_WILDCARD.exec(path)?.[1] : undefined;
    const read = wildcard === undefined ? path : withEmptyWildcard(path);
    try {
      const matches = match(read, { sensitive: caseSensitive, trailing: ignoreTrailingSlash });
      return { matches, wildcard };
    } catch (error) {
      throw new InvalidWebSocketPathException(route.location, path, error);
    }
  }

  private normalize(path: string): string {
    return normalizePath(path, this.matching);
  }

  private isTooLong(params: PathParams): boolean {
    const { maxParamLength } = this.matching;
    return Object.values(params).some(
      (value) => typeof value === 'string' && value.length > maxParamLength,
    );
  }
}

/** Omits parameters of optional parts that are absent. */
export function pathParams(found: ParamData): BareRecord<string | string[]> {
  const params = new BareRecord<string | string[]>();
  for (const [name, value] of Object.entries(found)) {
    if (value !== undefined) params[name] = value;
  }
  return params;
}

/**
 * Whether the key alone decides on a static path. False if its expression is stricter than the key: in the case of
 * other characters, or in its last slash.
 */
function isDecidedByKey(path: string, key: string): boolean {
  return ASCII.test(path) && path.length === key.length;
}

function byRank({ rank: one }: CompiledPath, { rank: other }: CompiledPath): number {
  return one - other;
}

function firstSegment(path: string): string {
  const end = path.indexOf('/', 1);
  return end === -1 ? path : path.slice(0, end);
}

function push<T>(map: Map<string, T[]>, key: string, value: T): void {
  const list = map.get(key);
  if (list) list.push(value);
  else map.set(key, [value]);
}

/** @throws DuplicateWebSocketRouteException for two routes that no request can tell apart. */
function refuseDuplicates(routes: readonly RouteDefinition[], matching: PathMatching): void {
  const seen = new Map<string, RouteDefinition>();
  for (const route of routes) {
    for (const key of route.paths.flatMap((served) => identitiesOf(route, served, matching))) {
      const first = seen.get(key);
      if (first) {
        const path = route.paths.map((served) => served.path).join(', ');
        const isOne = first === route;
        throw new DuplicateWebSocketRouteException(path, first.location, route.location, isOne);
      }
      seen.set(key, route);
    }
  }
}

/** Two routes with a common identity cannot be told apart. Parameter names do not count. */
function identitiesOf(
  route: RouteDefinition,
  served: ServedPath,
  matching: PathMatching,
): string[] {
  const shape = normalizePath(served.path, matching).replaceAll(/([:*])(?:"[^"]*"|[\w$]+)/g, '$1');
  const versions = [served.version ?? '*'].flat();
  const hosts = route.hosts.length > 0 ? route.hosts : ['*'];
  return hosts.flatMap((host) =>
    versions.map((version) => `${shape} ${String(version)} ${String(host)}`),
  );
}

/** One text for all spellings that the platform treats as one path. */
function normalizePath(path: string, { caseSensitive, ignoreTrailingSlash }: PathMatching): string {
  const trimmed =
    ignoreTrailingSlash && path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path;
  return caseSensitive ? trimmed : trimmed.toLowerCase();
}
