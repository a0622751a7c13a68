import type { Type } from '@nestjs/common';

/** Whether a reference to a provider, a type or an observer stands for a class, and not for an instance. */
export function isClass(reference: unknown): reference is Type<unknown> {
  return typeof reference === 'function';
}

/** Whether it has instances: arrow functions and bound functions have none. */
export function isInstantiable(reference: unknown): reference is Type<unknown> {
  return isClass(reference) && 'prototype' in reference;
}

/** Any method of a controller. */
export type Method = (...args: unknown[]) => unknown;

export function isMethod(value: unknown): value is Method {
  return typeof value === 'function';
}
