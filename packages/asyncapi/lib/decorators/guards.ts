import 'reflect-metadata';

/** Where Nest's `@UseGuards()` leaves its guards. */
const GUARDS = '__guards__';

/** Whether `@UseGuards()` stands on a class or a method. */
export function hasGuards(target: unknown): boolean {
  if (typeof target !== 'function') return false;
  const guards: unknown = Reflect.getMetadata(GUARDS, target);
  return Array.isArray(guards) && guards.length > 0;
}
