type AnyClass = abstract new (...args: never[]) => object;

/**
 * Shares one class, which is an injection token for Nest, in the whole process. An ES module application and a CommonJS
 * library each load one build of this package, and would have two classes. Only classes without code may be shared: the
 * build loaded first, perhaps of another version, supplies the class for all.
 *
 * @param name Unique in this package.
 */
export function SharedClass(name: string): <T extends AnyClass>(type: T) => T {
  const key = Symbol.for(`nestjs-revali-ws:class:${name}`);
  return (type) => {
    const present: unknown = Reflect.get(globalThis, key);
    if (isClassLike(present, type)) return present;
    Object.defineProperty(globalThis, key, { value: type });
    return type;
  };
}

/** Nobody else knows the key, and the members have the same names in all builds. */
function isClassLike<T extends AnyClass>(present: unknown, type: T): present is T {
  return typeof present === 'function' && typeof type === 'function';
}
