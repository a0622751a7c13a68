import type { Type } from '@nestjs/common';

/** Whether a reference to a provider, a type, or an observer is a class and not an instance. */
export function isClass(reference: unknown): reference is Type<unknown> {
  return typeof reference === 'function';
}

/** Whether it can have instances, which arrow functions and bound functions cannot. */
export function isInstantiable(reference: unknown): reference is Type<unknown> {
  return isClass(reference) && 'prototype' in reference;
}

/** Any method of a controller. */
export type Method = (...args: unknown[]) => unknown;

export function isMethod(value: unknown): value is Method {
  return typeof value === 'function';
}
