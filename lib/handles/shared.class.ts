type AnyClass = abstract new (...args: never[]) => object;

/**
 * One class for the whole process, which is the token that Nest injects by. An ES module application and a CommonJS
 * library load one build of this package each, and would have a class each. So it is for classes without code alone:
 * the build that was loaded first, perhaps another version, gives it to all.
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

/** Nobody else knows the key, and the members have one name in all builds. */
function isClassLike<T extends AnyClass>(present: unknown, type: T): present is T {
  return typeof present === 'function' && typeof type === 'function';
}
