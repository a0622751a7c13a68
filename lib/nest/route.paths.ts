import {
  RequestMethod,
  VERSION_NEUTRAL,
  VersioningType,
  type Type,
  type VersioningOptions,
} from '@nestjs/common';
import {
  HOST_METADATA,
  MODULE_PATH,
  PATH_METADATA,
  VERSION_METADATA,
} from '@nestjs/common/constants.js';
import type { ApplicationConfig, ModulesContainer } from '@nestjs/core';
import type { Module } from '@nestjs/core/injector/module.js';
import { RoutePathFactory } from '@nestjs/core/router/route-path-factory.js';
import { types } from 'node:util';
import { InvalidWebSocketOptionException } from '../errors/revali-ws.exceptions.js';
import { isString, readMetadata } from './metadata.js';

export type RouteVersion = NonNullable<ReturnType<RoutePathFactory['getVersion']>>;
/** A host as given to `@Controller({ host })`. */
export type RouteHost = string | RegExp;

/** Where a route is served. */
export interface ServedPath {
  readonly path: string;
  /** `undefined` if versions do not matter, or are part of the path. */
  readonly version: RouteVersion | undefined;
  /** The index of the controller's path that it is below. None: the first. */
  readonly controllerPath?: number;
}

/** Computes paths with the factory of Nest's router: global prefix and its exclusions, module path, version. */
export class RoutePaths {
  private readonly factory: RoutePathFactory;

  constructor(
    private readonly config: ApplicationConfig,
    private readonly modules: ModulesContainer,
  ) {
    this.factory = new RoutePathFactory(config);
  }

  get versioning(): VersioningOptions | undefined {
    return this.config.getVersioning();
  }

  served(
    controller: object,
    method: object,
    module: Module,
    methodPaths: readonly string[],
  ): ServedPath[] {
    const versioning = this.versioning;
    const { methodVersion, controllerVersion } = versionsOf(controller, method, versioning);
    const version = versioning && (methodVersion ?? controllerVersion);
    const versionInHeaders = versioning?.type === VersioningType.URI ? undefined : version;
    return this.create(controller, method, module, methodPaths, versioning).map(
      ({ path, controllerPath }) => ({ path, version: versionInHeaders, controllerPath }),
    );
  }

  /** @throws InvalidWebSocketOptionException for a host that could match nothing, instead of serving every host. */
  hosts(controller: Type<unknown>): readonly RouteHost[] {
    const declared = readMetadata(HOST_METADATA, controller);
    if (declared === undefined) return [];
    return [declared].flat().map((host) => {
      if (isHost(host)) return host;
      const cure = 'Use a string such as ":tenant.example.com" or a RegExp.';
      throw new InvalidWebSocketOptionException(controller.name, 'host', host, cure);
    });
  }

  private create(
    controller: object,
    method: object,
    module: Module,
    methodPaths: readonly string[],
    versioningOptions: VersioningOptions | undefined,
  ): { path: string; controllerPath: number }[] {
    const controllerPaths = [readMetadata(PATH_METADATA, controller) ?? '/'].flat();
    const modulePath = [MODULE_PATH + this.modules.applicationId, MODULE_PATH]
      .map((key) => readMetadata(key, module.metatype))
      .find(isString);
    return controllerPaths.filter(isString).flatMap((ctrlPath, controllerPath) =>
      methodPaths.flatMap((methodPath) =>
        this.factory
          .create(
            {
              ctrlPath: withSlash(ctrlPath),
              methodPath: withSlash(methodPath),
              modulePath,
              globalPrefix: withSlash(this.config.getGlobalPrefix()),
              ...versionsOf(controller, method, versioningOptions),
              versioningOptions,
            },
            RequestMethod.GET,
          )
          .map((path) => ({ path, controllerPath })),
      ),
    );
  }
}

/** The method's own version takes precedence over its controller's. */
export function versionsOf(
  controller: object,
  method: object,
  versioning: VersioningOptions | undefined,
): Record<'methodVersion' | 'controllerVersion', RouteVersion | undefined> {
  return {
    methodVersion: ownVersion(method),
    controllerVersion: ownVersion(controller) ?? versioning?.defaultVersion,
  };
}

/** The version that `@Version()` or a similar decorator sets on a class or a method. */
export function ownVersion(target: object): RouteVersion | undefined {
  const version = readMetadata(VERSION_METADATA, target);
  return isVersion(version) ? version : undefined;
}

/** Whether a method has `@Get()` or a similar decorator. */
export function isHttpRoute(method: object): boolean {
  return readMetadata(PATH_METADATA, method) !== undefined;
}

function isVersion(value: unknown): value is RouteVersion {
  return [value].flat().every((version) => isString(version) || version === VERSION_NEUTRAL);
}

function isHost(value: unknown): value is RouteHost {
  return isString(value) || types.isRegExp(value);
}

/** As in Nest, an empty path stays empty, and an optional part such as `{/:id}` brings its own slash. */
export function withSlash(path: string): string {
  return path === '' || path.startsWith('/') || path.startsWith('{/') ? path : `/${path}`;
}

/** The wildcard at the end of a path. */
export const LAST_WILDCARD = /\/\*([\w$]+)$/;

/** `/files/*rest` as `/files/{*rest}`. */
export function withEmptyWildcard(path: string): string {
  return path.replace(LAST_WILDCARD, '/{*$1}');
}
