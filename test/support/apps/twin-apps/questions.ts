import { VersioningType } from '@nestjs/common';

import type { Random } from '../../random.js';
import type { Failure, PlannedFailure } from './probe.js';
import type {
  ControllerShape,
  EnhancerShapes,
  ModuleShape,
  RouteShape,
  Shape,
  Version,
} from './shape.js';

/** What both applications of a shape are asked. */
export interface Question {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** A part that fails while it is answered. */
  readonly failure: PlannedFailure | undefined;
}

interface Place {
  readonly modulePath: string;
  readonly controller: ControllerShape;
  readonly route: RouteShape;
}

const FOR_EACH_ROUTE = 4;

/** Mostly of the paths of the routes, and some that are near to them. */
export function questionsFor(shape: Shape, random: Random): Question[] {
  const names = namesIn(shape);
  return placesIn(shape.root).flatMap((place) =>
    Array.from({ length: FOR_EACH_ROUTE }, (_, count) => ({
      path: pathTo(shape, place, random),
      headers: headersFor(shape, place, random),
      failure: count > 0 && random.chance(0.8) ? failureOf(names, random) : undefined,
    })),
  );
}

function placesIn({ path = '', controllers, imports }: ModuleShape): Place[] {
  return [
    ...controllers.flatMap((controller) =>
      controller.routes.map((route) => ({ modulePath: path, controller, route })),
    ),
    ...imports.flatMap((module) => placesIn(module)),
  ];
}

function pathTo(shape: Shape, { modulePath, controller, route }: Place, random: Random): string {
  const { prefix, versioning } = shape;
  const version = versionOf(controller, route, shape);
  const parts = [
    prefix && random.chance(0.9) ? prefix.path : '',
    versioning?.type === VersioningType.URI && version !== undefined ? `v${version}` : '',
    modulePath,
    one(controller.paths, random),
    one(route.paths, random),
  ];
  const path = parts
    .filter((part) => part !== '')
    .join('/')
    .replaceAll(/:\w+/g, () => random.pick(['a', 'b', 'c', '1']))
    .replaceAll(/\*\w+/g, () => random.pick(['r', 'r/s', 'a/b/c']));
  const ending = random.chance(0.1) ? random.pick(['/', '/a', '/c']) : '';
  return `/${path}${ending}?q=${random.below(100)}`;
}

function headersFor(
  { versioning }: Shape,
  { controller, route }: Place,
  random: Random,
): Record<string, string> {
  const headers: Record<string, string> = { 'x-value': `value ${random.below(100)}` };
  const host = controller.host?.replace(':h', 'tenant');
  if (host !== undefined && random.chance(0.9)) headers['host'] = host;
  const declared = [route.version ?? controller.version].flat()[0];
  const wanted = random.chance(0.8) ? declared : random.pick(['1', '2', '3']);
  if (typeof wanted !== 'string') return headers;
  if (versioning?.type === VersioningType.MEDIA_TYPE)
    headers['accept'] = `application/json;v=${wanted}`;
  else headers['x-version'] = wanted;
  return headers;
}

function versionOf(
  controller: ControllerShape,
  route: RouteShape,
  { versioning }: Shape,
): string | undefined {
  const declared: Version = route.version ?? controller.version ?? versioning?.defaultVersion;
  const [first] = [declared].flat();
  return typeof first === 'string' ? first : undefined;
}

function failureOf(names: readonly string[], random: Random): PlannedFailure | undefined {
  const name = one(names, random);
  const choices: readonly [Failure, ...Failure[]] = name.startsWith('guard')
    ? ['no', 'no', 'forbidden', 'not found', 'error']
    : ['forbidden', 'not found', 'error'];
  return { name, how: random.pick(choices) };
}

/** Of everything in the application that may fail. */
function namesIn(shape: Shape): string[] {
  const names: string[] = [];
  const add = (parts: readonly { readonly name: string }[]): void => {
    names.push(...parts.map(({ name }) => name));
  };
  const addEnhancers = ({ guards, interceptors, pipes }: EnhancerShapes): void => {
    for (const parts of [guards, interceptors, pipes]) add(parts);
  };
  const visit = (module: ModuleShape): void => {
    for (const { parts } of module.middleware) add(parts);
    for (const controller of module.controllers) {
      addEnhancers(controller.enhancers);
      add(controller.routes);
      for (const { enhancers, parameters } of controller.routes) {
        addEnhancers(enhancers);
        for (const { pipes } of parameters) add(pipes);
      }
    }
    module.imports.forEach(visit);
  };
  add(shape.uses);
  addEnhancers(shape.globals);
  addEnhancers(shape.provided);
  visit(shape.root);
  return names;
}

function one(choices: readonly string[], random: Random): string {
  return choices[random.below(choices.length)] ?? '';
}
