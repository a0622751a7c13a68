type ExceptionClass = abstract new (...args: never[]) => Error;

const isInstance = Function.prototype[Symbol.hasInstance];

/**
 * Makes `instanceof`, and therefore `@Catch()`, recognize the same exception from the other build of this package: an
 * ES module application and a CommonJS library load one build each.
 *
 * @param name Unique in this package. A bundler may shorten the class name, so it cannot be used.
 */
export function Kin(name: string): (type: ExceptionClass) => void {
  const mark = Symbol.for(`nestjs-revali-ws:exception:${name}`);
  return (type) => {
    Object.defineProperty(type.prototype, mark, { value: true });
    Object.defineProperty(type, Symbol.hasInstance, {
      // Subclasses inherit this, but have no counterpart.
      value(this: unknown, candidate: unknown): boolean {
        return this === type ? hasMark(candidate, mark) : isInstance.call(this, candidate);
      },
    });
  };
}

function hasMark(candidate: unknown, mark: symbol): boolean {
  return typeof candidate === 'object' && candidate !== null && mark in candidate;
}
