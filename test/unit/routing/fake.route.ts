import { NestContainer } from '@nestjs/core';
import { InstanceWrapper } from '@nestjs/core/injector/instance-wrapper.js';
import { Module } from '@nestjs/core/injector/module.js';
import type { RouteDefinition } from '../../../lib/discovery/route.definition.js';
import type { RouteHost, ServedPath } from '../../../lib/nest/route.paths.js';
import {
  resolveModuleOptions,
  resolveRouteOptions,
} from '../../../lib/options/revali-ws.options.resolver.js';

class FakeModule {}
class FakeController {}

const module = new Module(FakeModule, new NestContainer());
const options = resolveRouteOptions('FakeController', {}, resolveModuleOptions({}));

/** A route as far as matching looks at it. */
export function fakeRoute(
  methodName: string,
  paths: readonly (string | ServedPath)[],
  hosts: readonly RouteHost[] = [],
): RouteDefinition {
  return {
    location: { controller: FakeController.name, method: methodName },
    where: `${FakeController.name}.${methodName}()`,
    controller: FakeController,
    wrapper: new InstanceWrapper<object>({ metatype: FakeController, instance: {} }),
    module,
    methodName,
    method: () => undefined,
    paths: paths.map((path) => (typeof path === 'string' ? { path, version: undefined } : path)),
    hosts,
    options,
    observers: [],
    joins: [],
    rooms: [],
  };
}
