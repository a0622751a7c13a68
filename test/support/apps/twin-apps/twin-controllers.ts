import {
  Controller,
  createParamDecorator,
  Get,
  Headers,
  Param,
  Query,
  Scope,
  UseFilters,
  UseGuards,
  UseInterceptors,
  UsePipes,
  Version,
  type ControllerOptions,
  type ExecutionContext,
  type Type,
} from '@nestjs/common';
import { WebSocket } from 'nestjs-revali-ws';
import { of } from 'rxjs';

import type { Platform } from '../platforms.js';
import type { PartFactory } from './parts.js';
import type { Probe } from './probe.js';
import type { ControllerShape, EnhancerShapes, ParameterShape, RouteShape, Side } from './shape.js';

/** What makes up one application. */
export interface Workshop {
  readonly side: Side;
  readonly platform: Platform;
  readonly probe: Probe;
  readonly parts: PartFactory;
}

const Custom = createParamDecorator((data: { key: string }, context: ExecutionContext) => {
  const { headers } = context.switchToHttp().getRequest<{ headers: Record<string, string> }>();
  return `${data.key} of ${context.getHandler().name} ${headers['x-value']}`;
});

export function twinController(shape: ControllerShape, workshop: Workshop): Type<unknown> {
  class TwinController {}
  Object.defineProperty(TwinController, 'name', { value: shape.name });
  for (const route of shape.routes) addRoute(TwinController.prototype, route, workshop);
  enhance(shape.enhancers, workshop, TwinController);
  const options: Record<string, unknown> = { path: [...shape.paths] };
  if (shape.host !== undefined) options['host'] = shape.host;
  if (shape.version !== undefined) options['version'] = shape.version;
  if (shape.isScoped) options['scope'] = Scope.REQUEST;
  Controller(options as ControllerOptions)(TwinController);
  return TwinController;
}

function addRoute(target: object, route: RouteShape, workshop: Workshop): void {
  const { name, version, parameters } = route;
  const handler = handlerOf(route, workshop.probe);
  Object.defineProperty(handler, 'name', { value: name });
  Object.defineProperty(target, name, { value: handler, configurable: true, writable: true });
  const descriptor = { value: handler };
  for (const [index, parameter] of parameters.entries())
    decorate(parameter, workshop)(target, name, index);
  const types = parameters.map(() => String);
  Reflect.defineMetadata('design:paramtypes', types, target, name);
  enhance(route.enhancers, workshop, target, { name, descriptor });
  if (version !== undefined) Version(version as string)(target, name, descriptor);
  if (workshop.side === 'ws') WebSocket(route.paths)(target, name, descriptor);
  else Get(httpPaths(route.paths, workshop.platform))(target, name, descriptor);
}

/** Wildcards have no names in Fastify's router. */
function httpPaths(paths: readonly string[], { name }: Platform): string[] {
  return paths.map((path) => (name === 'fastify' ? path.replace('*rest', '*') : path));
}

function handlerOf({ name, result }: RouteShape, probe: Probe): (...values: unknown[]) => unknown {
  return (...values) => {
    probe.meet(`${name} with ${JSON.stringify(values)}`);
    const answer = { handler: name, values: values.map((value) => value ?? null) };
    if (result === 'promise')
      return Promise.resolve().then(() => {
        probe.pass(name);
        return answer;
      });
    probe.pass(name);
    return result === 'observable' ? of(answer) : answer;
  };
}

function decorate({ source, key, pipes }: ParameterShape, { parts }: Workshop): ParameterDecorator {
  const references = pipes.map((pipe) => parts.pipe(pipe).reference);
  switch (source) {
    case 'param':
      return Param(key, ...references);
    case 'query':
      return Query(key, ...references);
    case 'headers':
      return Headers(key);
    case 'custom':
      return Custom({ key }, ...references);
  }
}

function enhance(
  { guards, interceptors, pipes, filters }: EnhancerShapes,
  { parts }: Workshop,
  target: object,
  method?: { readonly name: string; readonly descriptor: PropertyDescriptor },
): void {
  const decorators = [
    UseGuards(...guards.map((one) => parts.guard(one).reference)),
    UseInterceptors(...interceptors.map((one) => parts.interceptor(one).reference)),
    UsePipes(...pipes.map((one) => parts.pipe(one).reference)),
    UseFilters(...filters.map((one) => parts.filter(one).reference)),
  ];
  for (const decorator of decorators) {
    if (method) decorator(target, method.name, method.descriptor);
    else if (isClass(target)) decorator(target);
  }
}

function isClass(target: object): target is Type<unknown> {
  return typeof target === 'function';
}
