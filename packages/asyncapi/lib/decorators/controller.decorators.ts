import 'reflect-metadata';
import type { Type } from '@nestjs/common';
import { isObject } from '../schema/json.schema.js';

/** A decorator of the controller: `UseGuards(AdminGuard)`, `SetMetadata('isPublic', true)`, `Version('1')`. */
export type AsyncApiDecorator = ClassDecorator | MethodDecorator;

/**
 * Decorators that take only a class decorate the class. Others decorate each method, because some, such as `Version()`,
 * take nothing else.
 */
export function decorate(
  controller: Type<unknown>,
  decorators: readonly AsyncApiDecorator[],
  methods: readonly string[],
): void {
  for (const decorator of decorators.toReversed()) {
    if (decorator.length < 2) Reflect.apply(decorator, undefined, [controller]);
    else for (const name of methods) decorateMethod(controller, name, decorator);
  }
}

/** Applies a decorator to one method. */
export function decorateMethod(
  controller: Type<unknown>,
  name: string,
  decorator: AsyncApiDecorator,
): void {
  const prototype: unknown = controller.prototype;
  if (!isObject(prototype)) return;
  const descriptor = Reflect.getOwnPropertyDescriptor(prototype, name);
  Reflect.apply(decorator, undefined, [prototype, name, descriptor]);
}

/** Swagger's own document describes only the application. */
export function hideFromSwagger(controller: Type<unknown>): void {
  Reflect.defineMetadata('swagger/apiExcludeController', [true], controller);
}
