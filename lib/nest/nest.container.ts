import type { ModuleRef } from '@nestjs/core';
import { NestContainer } from '@nestjs/core/injector/container.js';
import { UnsupportedNestVersionException } from '../errors/revali-ws.exceptions.js';

/** The container that Nest's own context creators need. @throws UnsupportedNestVersionException */
export function containerOf(moduleRef: ModuleRef): NestContainer {
  const container: unknown = Reflect.get(moduleRef, 'container');
  if (!(container instanceof NestContainer))
    throw new UnsupportedNestVersionException('the container of ModuleRef');
  return container;
}
