import {
  Global,
  Module,
  VersioningType,
  type DynamicModule,
  type INestApplication,
  type MiddlewareConsumer,
  type NestModule,
  type Provider,
  type Type,
  type VersioningOptions,
} from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_INTERCEPTOR, APP_PIPE, RouterModule } from '@nestjs/core';

import { startApp } from '../app-factory.js';
import type { Platform } from '../platforms.js';
import type { RunningApp } from '../running-app.js';
import { PartFactory } from './parts.js';
import type { Probe } from './probe.js';
import type { EnhancerShapes, MiddlewareShape, ModuleShape, Shape, Side } from './shape.js';
import { twinController, type Workshop } from './twin-controllers.js';

/** The application of a shape, for one of the sides. */
export async function startTwin(
  shape: Shape,
  side: Side,
  platform: Platform,
  probe: Probe,
): Promise<RunningApp> {
  const workshop: Workshop = { side, platform, probe, parts: new PartFactory(probe) };
  return startApp(platform, {
    imports: importsOf(shape.root, workshop),
    providers: providersOf(shape.provided, workshop),
    forRoot: { errors: 'reply', ping: false },
    configure: (app) => configure(app, shape, workshop),
  });
}

function importsOf(root: ModuleShape, workshop: Workshop): (Type<unknown> | DynamicModule)[] {
  const types = new Map<ModuleShape, Type<unknown>>();
  const module = moduleOf(root, workshop, types);
  const routes = [...types].flatMap(([{ path }, type]) =>
    path === undefined ? [] : [{ path, module: type }],
  );
  return [RouterModule.register(routes), module];
}

function moduleOf(
  shape: ModuleShape,
  workshop: Workshop,
  types: Map<ModuleShape, Type<unknown>>,
): Type<unknown> {
  const controllers = shape.controllers.map((one) => twinController(one, workshop));
  const imports = shape.imports.map((one) => moduleOf(one, workshop, types));
  @Module({ imports, controllers })
  class TwinModule implements NestModule {
    configure(consumer: MiddlewareConsumer): void {
      for (const one of shape.middleware) apply(consumer, one, controllers, workshop);
    }
  }
  Object.defineProperty(TwinModule, 'name', { value: shape.name });
  if (shape.isGlobal) Global()(TwinModule);
  types.set(shape, TwinModule);
  return TwinModule;
}

function apply(
  consumer: MiddlewareConsumer,
  { parts, excluded, to }: MiddlewareShape,
  controllers: readonly Type<unknown>[],
  workshop: Workshop,
): void {
  const middleware = parts.map((part) => workshop.parts.middleware(part));
  const targets = to === 'controllers' ? controllers : to;
  if (targets.length === 0) return;
  consumer
    .apply(...middleware)
    .exclude(...excluded)
    .forRoutes(...targets);
}

function providersOf(shapes: EnhancerShapes, { parts }: Workshop): Provider[] {
  const provide = (token: string, { type }: { readonly type: Type<unknown> }): Provider => ({
    provide: token,
    useClass: type,
  });
  return [
    ...shapes.guards.map((one) => provide(APP_GUARD, parts.guard(one))),
    ...shapes.interceptors.map((one) => provide(APP_INTERCEPTOR, parts.interceptor(one))),
    ...shapes.pipes.map((one) => provide(APP_PIPE, parts.pipe(one))),
    ...shapes.filters.map((one) => provide(APP_FILTER, parts.filter(one))),
  ];
}

function configure(app: INestApplication, shape: Shape, { parts }: Workshop): void {
  const { prefix, versioning, uses, globals } = shape;
  if (prefix) app.setGlobalPrefix(prefix.path, { exclude: [...prefix.exclude] });
  if (versioning) app.enableVersioning(versioningOf(versioning));
  for (const one of uses) app.use(parts.middleware(one));
  app.useGlobalGuards(...globals.guards.map((one) => instanceOf(parts.guard(one))));
  app.useGlobalInterceptors(
    ...globals.interceptors.map((one) => instanceOf(parts.interceptor(one))),
  );
  app.useGlobalPipes(...globals.pipes.map((one) => instanceOf(parts.pipe(one))));
  app.useGlobalFilters(...globals.filters.map((one) => instanceOf(parts.filter(one))));
}

function instanceOf<T>({ type }: { readonly type: Type<T> }): T {
  return new type();
}

function versioningOf({
  type,
  defaultVersion,
}: NonNullable<Shape['versioning']>): VersioningOptions {
  const byDefault = { defaultVersion: defaultVersion as string };
  switch (type) {
    case VersioningType.URI:
      return { type, ...byDefault };
    case VersioningType.HEADER:
      return { type, header: 'X-Version', ...byDefault };
    case VersioningType.MEDIA_TYPE:
      return { type, key: 'v=', ...byDefault };
    case VersioningType.CUSTOM:
      return { type, extractor: (request) => wantedBy(request), ...byDefault };
  }
}

function wantedBy(request: unknown): string {
  const wanted: unknown = Reflect.get(Object(Reflect.get(Object(request), 'headers')), 'x-version');
  return typeof wanted === 'string' ? wanted : '';
}
