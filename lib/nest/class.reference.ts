import type { Type } from '@nestjs/common';

/** Whether a reference to a provider, a type or an observer is a class: arrow functions are none. */
export function isClass(reference: unknown): reference is Type<unknown> {
  return typeof reference === 'function' && 'prototype' in reference;
}
