import { match, type MatchFunction, type ParamData } from 'path-to-regexp';
import { BareRecord } from '../bare.record.js';
import {
  DuplicateWebSocketRouteException,
  InvalidWebSocketPathException,
} from '../revali-ws.exceptions.js';
import type { RouteDefinition } from '../discovery/route.definition.js';
import type { ServedPath } from '../nest/route.paths.js';

/** How the HTTP platform compares paths. */
export interface PathMatching {
  readonly caseSensitive: boolean;
  readonly ignoreTrailingSlash: boolean;
  /** Longest parameter that the platform accepts; longer ones match nothing. */
  readonly maxParamLength: number;
}

/** A route that serves the path, with the parameters that the path gives it. */
export interface RouteCandidate {
  readonly route: RouteDefinition;
  readonly served: ServedPath;
  readonly params: PathParams;
}

export type PathParams = Readonly<Record<string, string | string[]>>;

interface CompiledPath {
  readonly route: RouteDefinition;
  readonly served: ServedPath;
  /** `undefined` where the look-up alone decides. */
  readonly matches: MatchFunction<ParamData> | undefined;
}

const ASCII = /^[!-~]*$/;
const STATIC_PATH = /^[^:*{}()[\]\\?+!]*$/;

/**
 * Which routes serve a path? Paths without parameters are found by a look-up, the others are tried in the order of
 * their registration, and only those that share the first segment.
 */
export class RouteTable {
  private readonly statics = new Map<string, CompiledPath[]>();
  private readonly dynamics = new Map<string, CompiledPath[]>();
  private readonly openEnded: CompiledPath[] = [];

  /**
   * @throws DuplicateWebSocketRouteException
   * @throws InvalidWebSocketPathException
   */
  constructor(
    routes: readonly RouteDefinition[],
    private readonly matching: PathMatching,
  ) {
    refuseDuplicates(routes, matching);
    for (const route of routes) {
      for (const served of route.paths) this.add(route, served);
    }
  }

  /** Candidates in the order of preference; version and host decide between them. */
  find(path: string): RouteCandidate[] {
    const key = this.normalize(path);
    const candidates: RouteCandidate[] = [];
    for (const paths of [
      this.statics.get(key),
      this.dynamics.get(firstSegment(key)),
      this.openEnded,
    ])
      for (const { route, served, matches } of paths ?? []) {
        const params = matches ? this.paramsOf(path, matches) : new BareRecord<string>();
        if (params) candidates.push({ route, served, params });
      }
    return candidates;
  }

  private paramsOf(path: string, matches: MatchFunction<ParamData>): PathParams | undefined {
    const result = matches(path);
    if (!result) return undefined;
    const params = pathParams(result.params);
    return this.isTooLong(params) ? undefined : params;
  }

  private add(route: RouteDefinition, served: ServedPath): void {
    const key = this.normalize(served.path);
    const first = firstSegment(key);
    const matches = this.compile(route, served.path);
    const isStatic = STATIC_PATH.test(served.path);
    const isDecided = isStatic && isDecidedByKey(served.path, key);
    const compiled = { route, served, matches: isDecided ? undefined : matches };
    if (isStatic) push(this.statics, key, compiled);
    else if (STATIC_PATH.test(first)) push(this.dynamics, first, compiled);
    else this.openEnded.push(compiled);
  }

  private compile(route: RouteDefinition, path: string): MatchFunction<ParamData> {
    const { caseSensitive, ignoreTrailingSlash } = this.matching;
    try {
      return match(path, { sensitive: caseSensitive, trailing: ignoreTrailingSlash });
    } catch (error) {
      throw new InvalidWebSocketPathException(route.location, path, error);
    }
  }

  private normalize(path: string): string {
    return normalize(path, this.matching);
  }

  private isTooLong(params: PathParams): boolean {
    const { maxParamLength } = this.matching;
    return Object.values(params).some(
      (value) => typeof value === 'string' && value.length > maxParamLength,
    );
  }
}

/** Without those of optional parts that are not there. */
export function pathParams(found: ParamData): PathParams {
  const params = new BareRecord<string | string[]>();
  for (const [name, value] of Object.entries(found)) {
    if (value !== undefined) params[name] = value;
  }
  return params;
}

/**
 * Of a static path. Not where its expression reads it more strictly: upper and lower case of other characters, its
 * last slash.
 */
function isDecidedByKey(path: string, key: string): boolean {
  return ASCII.test(path) && path.length === key.length;
}

function normalize(path: string, { caseSensitive, ignoreTrailingSlash }: PathMatching): string {
  const trimmed =
    ignoreTrailingSlash && path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path;
  return caseSensitive ? trimmed : trimmed.toLowerCase();
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

function refuseDuplicates(routes: readonly RouteDefinition[], matching: PathMatching): void {
  const seen = new Map<string, RouteDefinition>();
  for (const route of routes) {
    for (const key of route.paths.flatMap((served) => identitiesOf(route, served, matching))) {
      const first = seen.get(key);
      if (first) {
        const path = route.paths.map((served) => served.path).join(', ');
        throw new DuplicateWebSocketRouteException(path, first.location, route.location);
      }
      seen.set(key, route);
    }
  }
}

/** Two routes with a common identity cannot be told apart. The names of parameters do not tell routes apart. */
function identitiesOf(
  route: RouteDefinition,
  served: ServedPath,
  matching: PathMatching,
): string[] {
  const shape = normalize(served.path, matching).replaceAll(/([:*])(?:"[^"]*"|[\w$]+)/g, '$1');
  const versions = [served.version ?? '*'].flat();
  const hosts = route.hosts.length > 0 ? route.hosts : ['*'];
  return hosts.flatMap((host) =>
    versions.map((version) => `${shape} ${String(version)} ${String(host)}`),
  );
}
