import type { ModulesContainer } from '@nestjs/core';
import type { Module } from '@nestjs/core/injector/module.js';

/**
 * Nest orders modules by their distance from the root: middleware runs from the nearest to the farthest, then that of
 * global modules; `onModuleDestroy` runs from the nearest to the farthest as well.
 */
export const ModuleDistance = {
  /** Its middleware runs after that of every other module. Greater than the distance of global modules. */
  last: Infinity,
  /** Its `onModuleDestroy` runs before that of every other module. */
  first: -1,
} as const;

export function modulesOf(modules: ModulesContainer, metatype: object): Module[] {
  return [...modules.values()].filter((module) => module.metatype === metatype);
}

/** Call it in the constructor of the module's class. */
export function placeModule(modules: ModulesContainer, metatype: object, distance: number): void {
  for (const module of modulesOf(modules, metatype)) module.distance = distance;
}
