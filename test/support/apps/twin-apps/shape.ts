import type { VersioningType } from '@nestjs/common';

/** Which of the two applications of a shape. */
export type Side = 'http' | 'ws';

/** How an enhancer or a middleware is given: made once, by Nest, or by Nest for each request. */
export type Form = 'instance' | 'class' | 'scoped';

export interface PartShape {
  /** Unique in its application. */
  readonly name: string;
  readonly form: Form;
  readonly isAsync: boolean;
}

export interface FilterShape extends PartShape {
  readonly catches: 'everything' | 'HttpException' | 'ForbiddenException';
  /** Throws another exception in its turn. */
  readonly isThrowing: boolean;
}

export interface EnhancerShapes {
  readonly guards: readonly PartShape[];
  readonly interceptors: readonly PartShape[];
  readonly pipes: readonly PartShape[];
  readonly filters: readonly FilterShape[];
}

export interface ParameterShape {
  readonly source: 'param' | 'query' | 'headers' | 'custom';
  readonly key: string;
  readonly pipes: readonly PartShape[];
}

export interface RouteShape {
  readonly name: string;
  readonly paths: readonly string[];
  readonly version: Version;
  readonly enhancers: EnhancerShapes;
  readonly parameters: readonly ParameterShape[];
  readonly result: 'value' | 'promise' | 'observable';
}

export type Version = string | readonly string[] | symbol | undefined;

export interface ControllerShape {
  readonly name: string;
  readonly paths: readonly string[];
  readonly host: string | undefined;
  readonly version: Version;
  readonly isScoped: boolean;
  readonly enhancers: EnhancerShapes;
  readonly routes: readonly RouteShape[];
}

export interface MiddlewareShape {
  readonly parts: readonly PartShape[];
  readonly excluded: readonly string[];
  /** Paths, or the module's own controllers. */
  readonly to: 'controllers' | readonly string[];
}

export interface ModuleShape {
  readonly name: string;
  /** Of `RouterModule`. */
  readonly path: string | undefined;
  readonly isGlobal: boolean;
  readonly controllers: readonly ControllerShape[];
  readonly middleware: readonly MiddlewareShape[];
  readonly imports: readonly ModuleShape[];
}

/** A whole application, in the form of data: one of each side is made of it. */
export interface Shape {
  readonly prefix: { readonly path: string; readonly exclude: readonly string[] } | undefined;
  readonly versioning:
    { readonly type: VersioningType; readonly defaultVersion: Version } | undefined;
  /** `app.use()` */
  readonly uses: readonly PartShape[];
  /** `app.useGlobalGuards()` and so on. */
  readonly globals: EnhancerShapes;
  /** `APP_GUARD` and so on. */
  readonly provided: EnhancerShapes;
  readonly root: ModuleShape;
}
