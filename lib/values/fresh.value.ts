/**
 * A copy of a query, of path parameters, or of cookies. Over HTTP each request has its own, and so does each message: a
 * pipe or a handler may change it.
 */
export function freshValue(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((item: unknown) => freshValue(item));
  const prototype = Reflect.getPrototypeOf(value);
  if (!isBare(prototype)) return value;
  const copy = {};
  Reflect.setPrototypeOf(copy, prototype);
  for (const [key, item] of Object.entries(value)) define(copy, key, freshValue(item));
  return copy;
}

/** Not a class with private state, which a copy would lack. */
export function isBare(prototype: object | null): boolean {
  return prototype === null || Reflect.getPrototypeOf(prototype) === null;
}

/** An assignment would treat the name `__proto__` specially. */
function define(target: object, key: string, value: unknown): void {
  Object.defineProperty(target, key, {
    value,
    configurable: true,
    enumerable: true,
    writable: true,
  });
}
