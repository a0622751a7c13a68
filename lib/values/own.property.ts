/** Own properties only: a client must not reach `constructor` or `__proto__` through the name of a field. */
export function ownPropertyOf(value: unknown, name: string): unknown {
  return hasOwnProperty(value, name) ? Reflect.get(value, name) : undefined;
}

export function hasOwnProperty(value: unknown, name: string): value is object {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name);
}
