import 'reflect-metadata';

/** The key under which Nest's `@UseGuards()` stores its guards. */
const GUARDS = '__guards__';

/** Whether a class or a method has `@UseGuards()`. */
export function hasGuards(target: unknown): boolean {
  if (typeof target !== 'function') return false;
  const guards: unknown = Reflect.getMetadata(GUARDS, target);
  return Array.isArray(guards) && guards.length > 0;
}
