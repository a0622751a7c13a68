import {
  Inject,
  Injectable,
  RequestMethod,
  type HttpServer,
  type MiddlewareConsumer,
} from '@nestjs/common';
import { VERSION_METADATA } from '@nestjs/common/constants.js';
import { ApplicationConfig, MetadataScanner, ModulesContainer } from '@nestjs/core';
import { isDeepStrictEqual } from 'node:util';
import { UnsupportedNestVersionException } from '../errors/revali-ws.exceptions.js';
import { readMetadata } from './metadata.js';
import { withEmptyWildcard, withSlash } from './route.paths.js';

/** A route of a controller, as Nest's middleware module reads it. */
interface ScannedPath {
  readonly path: string[];
  readonly requestMethod: RequestMethod;
  readonly methodName: string;
  readonly version: unknown;
}

/** The paths of each `@WebSocket()` of a method, or of a class, as Nest reads those of `@Get()`. */
type PathsOf = (target: unknown) => readonly (readonly string[])[];

interface PathScanner {
  scanForPaths(instance: object, prototype?: object): ScannedPath[];
}

interface RouteMapper {
  pathsExplorer: PathScanner;
}

/**
 * Makes `consumer.apply(..).forRoutes(SomeController)`, and what Nest derives from the list of all controllers' routes,
 * cover WebSocket routes as well. Otherwise, middleware bound to a controller would not run for them.
 *
 * Every module's `configure()` gets a consumer whose route mapper belongs to the application. The mapper is completed
 * before the first `configure()` uses it; `HttpServer.init()` is the last thing that Nest calls before.
 */
@Injectable()
export class MiddlewareCoverage {
  private readonly covered = new WeakSet<RouteMapper>();
  private isInstalled = false;
  /** How middleware must read a path to cover everything that the router treats as that path. */
  private read: (path: string) => string = withSlash;
  private pathsOf: PathsOf = () => [];

  constructor(
    @Inject(ModulesContainer) private readonly modules: ModulesContainer,
    @Inject(ApplicationConfig) private readonly config: ApplicationConfig,
  ) {}

  /** Call it before `app.init()`. */
  install(httpAdapter: HttpServer, pathsOf: PathsOf): void {
    this.pathsOf = pathsOf;
    const init = httpAdapter.init?.bind(httpAdapter);
    // A wildcard may be empty there.
    if (httpAdapter.getType() === 'fastify')
      this.read = (path) => withEmptyWildcard(withSlash(path));
    httpAdapter.init = async (): Promise<void> => {
      this.wrapModules();
      if (init) await init();
    };
  }

  /** @throws UnsupportedNestVersionException if routes would be without their middleware. */
  assertInstalled(): void {
    if (!this.isInstalled)
      throw new UnsupportedNestVersionException('the start of the HTTP adapter');
  }

  private wrapModules(): void {
    this.isInstalled = true;
    for (const { instance } of this.modules.values()) {
      const configure: unknown = Reflect.get(instance, 'configure');
      if (typeof configure !== 'function') continue;
      Object.defineProperty(instance, 'configure', {
        configurable: true,
        writable: true,
        value: (consumer: MiddlewareConsumer): unknown => {
          this.cover(consumer);
          return Reflect.apply(configure, instance, [consumer]);
        },
      });
    }
  }

  /** An exclusion from the prefix may treat `@Get()` and `@Get([''])` differently: then neither covers the other. */
  private pathKey(): (path: string) => string {
    const { exclude = [] } = this.config.getGlobalPrefixOptions();
    return exclude.length > 0 ? (path) => path : (path) => path || '/';
  }

  private cover(consumer: MiddlewareConsumer): void {
    const mapper: unknown = Reflect.get(consumer, 'routesMapper');
    if (!isRouteMapper(mapper))
      throw new UnsupportedNestVersionException('the route mapper of MiddlewareConsumer');
    if (this.covered.has(mapper)) return;
    this.covered.add(mapper);
    const { pathsExplorer } = mapper;
    mapper.pathsExplorer = {
      scanForPaths: (instance, prototype) => {
        const http = pathsExplorer.scanForPaths(instance, prototype);
        const sockets = this.webSocketPaths(prototype ?? Reflect.getPrototypeOf(instance));
        const keyOf = this.pathKey();
        return [...http, ...sockets.flatMap((route) => withoutCovered(route, http, keyOf))];
      },
    };
  }

  /** An upgrade is a GET request, so middleware bound to GET runs for it. */
  private webSocketPaths(prototype: object | null): ScannedPath[] {
    if (!prototype) return [];
    const names = new MetadataScanner().getAllMethodNames(prototype);
    // The class, for a route of its own.
    return ['constructor', ...names].flatMap((methodName) => {
      const target: unknown = Reflect.get(prototype, methodName);
      const isMethod = typeof target === 'function' && methodName !== 'constructor';
      return this.pathsOf(target).map((paths) => ({
        path: paths.map((path) => this.read(path)),
        requestMethod: RequestMethod.GET,
        methodName,
        // Nest adds the version of the class itself.
        version: isMethod ? readMetadata(VERSION_METADATA, target) : undefined,
      }));
    });
  }
}

function isRouteMapper(value: unknown): value is RouteMapper {
  if (typeof value !== 'object' || value === null || !('pathsExplorer' in value)) return false;
  const { pathsExplorer } = value;
  return (
    typeof pathsExplorer === 'object' && pathsExplorer !== null && 'scanForPaths' in pathsExplorer
  );
}

/** Nest 11 would run middleware twice for a path that is listed twice. */
function withoutCovered(
  route: ScannedPath,
  http: readonly ScannedPath[],
  keyOf: (path: string) => string,
): ScannedPath[] {
  const covering = http.filter(
    ({ requestMethod, version }) =>
      (requestMethod === RequestMethod.GET || requestMethod === RequestMethod.ALL) &&
      isDeepStrictEqual(version, route.version),
  );
  const covered = new Set(covering.flatMap(({ path }) => path.map((other) => keyOf(other))));
  const path = route.path.filter((own) => !covered.has(keyOf(own)));
  return path.length > 0 ? [{ ...route, path }] : [];
}
