import { VERSION_NEUTRAL, type HttpServer, type VersioningOptions } from '@nestjs/common';
import { inspect, isDeepStrictEqual } from 'node:util';
import type { RouteDefinition, RouteEntry } from '../discovery/route.definition.js';
import {
  DuplicateWebSocketRouteException,
  InvalidWebSocketPathException,
  UnsupportedNestVersionException,
} from '../errors/revali-ws.exceptions.js';
import { readMetadata } from '../nest/metadata.js';
import { fastifyPaths } from './fastify.path.js';
import type { FastifyReply, FastifyRequest, FastifyRoute } from './fastify.shape.js';

/** The keys under which `@RouteConfig()` and similar decorators store what Nest's adapter passes to Fastify. */
const CONFIG = '__fastify_route_config__';
const CONSTRAINTS = '__fastify_route_constraints__';
const SCHEMA = '__fastify_route_schema__';

/** Travels with a route's config through registration, because it is the only thing that hooks may not replace. */
const GROUP = Symbol('nestjs-revali-ws:routes');

type Exit = (request: FastifyRequest, reply: FastifyReply) => unknown;

/** The entries that form one route for Fastify, whose router knows nothing of Nest's hosts. */
class RouteGroup {
  readonly entries: RouteEntry[] = [];

  constructor(
    readonly url: string,
    readonly first: RouteDefinition,
  ) {}
}

interface RegistrationDependencies {
  readonly adapter: HttpServer;
  readonly versioning: VersioningOptions | undefined;
  /** The constraint that only upgrades match. */
  readonly constraint: Readonly<Record<string, string>>;
  readonly exit: Exit;
}

/**
 * Registers each path as a Fastify route through Nest's adapter, as for a GET. So Fastify's router chooses as it does
 * for HTTP, and its hooks and plugins see the route's own url and config.
 */
export class FastifyRoutes {
  private readonly groups = new Map<string, RouteGroup>();
  private readonly byConfig = new WeakMap<object, RouteGroup>();
  private registering: RouteGroup | undefined;

  constructor(private readonly deps: RegistrationDependencies) {}

  /**
   * @throws InvalidWebSocketPathException
   * @throws DuplicateWebSocketRouteException
   * @throws UnsupportedNestVersionException
   */
  register(entries: readonly RouteEntry[]): void {
    for (const entry of entries) this.collect(entry);
    for (const group of this.groups.values()) this.registerGroup(group);
  }

  /** Must be the last hook for routes, because every other may replace the config. */
  onRoute(route: FastifyRoute): void {
    const { registering: group } = this;
    if (!group || route.method !== 'GET') return;
    const isConstrained = Object.entries(this.deps.constraint).every(
      ([name, value]) => route.constraints?.[name] === value,
    );
    if (!isConstrained || route.url !== group.url) return;
    route.config = { ...route.config, [GROUP]: group };
    this.registering = undefined;
  }

  /** The choice of Fastify's router; empty if it found no route for the request. */
  chosenFor({ routeOptions }: FastifyRequest): readonly RouteEntry[] {
    const config = routeOptions?.config;
    if (!config) return [];
    return (this.byConfig.get(config) ?? this.adopt(config))?.entries ?? [];
  }

  /** Removed from the config before the first request. */
  private adopt(config: object): RouteGroup | undefined {
    const group: unknown = Reflect.get(config, GROUP);
    if (!(group instanceof RouteGroup)) return undefined;
    Reflect.deleteProperty(config, GROUP);
    this.byConfig.set(config, group);
    return group;
  }

  private collect(entry: RouteEntry): void {
    const { route, served } = entry;
    for (const url of urlsOf(entry)) {
      const key = [
        url.replaceAll(/(?<!:):[\w$]+/g, ':'),
        inspect(constraintOf(served.version)),
        inspect(readMetadata(CONSTRAINTS, route.method)),
      ].join(' ');
      const group = this.groups.get(key) ?? new RouteGroup(url, route);
      this.groups.set(key, group);
      refuseOtherSettings(group, entry);
      group.entries.push(entry);
    }
  }

  private registerGroup(group: RouteGroup): void {
    const [entry] = group.entries;
    if (!entry) return;
    this.registering = group;
    try {
      this.deps.adapter.get(group.url, this.versioned(this.createHandler(entry.route), entry));
    } catch (error) {
      // Route hooks run before the router.
      if (this.registering) throw error;
      throw new InvalidWebSocketPathException(entry.route.location, entry.served.path, error);
    }
    if (this.registering)
      throw new UnsupportedNestVersionException('route constraints of FastifyAdapter');
  }

  /** Copies everything that decorators have left on the method, as Nest's router does. */
  private createHandler({ method, controller, methodName }: RouteDefinition): Exit {
    const { constraint, exit } = this.deps;
    const handler: Exit = (request, reply) => exit(request, reply);
    for (const key of metadataKeysOf(method))
      Reflect.defineMetadata(key, readMetadata(key, method), handler);
    const constraints = Object.assign({}, readMetadata(CONSTRAINTS, method), constraint);
    Reflect.defineMetadata(CONSTRAINTS, constraints, handler);
    const value = `${controller.name}.${methodName}`;
    Object.defineProperty(handler, 'name', { configurable: true, value });
    return handler;
  }

  private versioned(handler: Exit, { served }: RouteEntry): Exit {
    const { adapter, versioning } = this.deps;
    if (served.version === undefined || !versioning) return handler;
    const filtered: unknown = adapter.applyVersionFilter(handler, served.version, versioning);
    if (!isExit(filtered))
      throw new UnsupportedNestVersionException('version filters of FastifyAdapter');
    return filtered;
  }
}

function urlsOf({ route, served }: RouteEntry): string[] {
  try {
    return fastifyPaths(served.path);
  } catch (error) {
    throw new InvalidWebSocketPathException(route.location, served.path, error);
  }
}

/** A neutral route has no constraint, like a route without a version. */
function constraintOf(version: RouteEntry['served']['version']): unknown {
  return version === VERSION_NEUTRAL ? undefined : version;
}

function isExit(value: unknown): value is Exit {
  return typeof value === 'function';
}

function metadataKeysOf(method: object): (string | symbol)[] {
  const keys: unknown[] = Reflect.getMetadataKeys(method);
  return keys.filter((key) => typeof key === 'string' || typeof key === 'symbol');
}

/** Hosts may share a path, but not with different Fastify settings: hooks would see those of the other route. */
function refuseOtherSettings({ first, entries, url }: RouteGroup, { route }: RouteEntry): void {
  if (first === route && entries.length === 0) return;
  const isToldApart = entries.every((entry) => !sharesHost(entry.route, route));
  if (!isToldApart) throw new DuplicateWebSocketRouteException(url, first.location, route.location);
  const hasSame = [CONFIG, SCHEMA].every((key) =>
    isDeepStrictEqual(readMetadata(key, first.method), readMetadata(key, route.method)),
  );
  if (hasSame) return;
  throw new InvalidWebSocketPathException(
    route.location,
    url,
    new Error(
      `to Fastify it is one route with that of ${first.where}: give both the same @RouteConfig() and @RouteSchema()`,
    ),
  );
}

function sharesHost({ hosts: one }: RouteDefinition, { hosts: other }: RouteDefinition): boolean {
  if (one.length === 0 || other.length === 0) return one.length === other.length;
  return one.some((host) => other.some((candidate) => String(candidate) === String(host)));
}
