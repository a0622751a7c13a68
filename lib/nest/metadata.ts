import 'reflect-metadata';

/** What decorators and the compiler left behind: unknown, until the reader has looked at it. */
export function readMetadata(key: string | symbol, target: object, property?: string): unknown {
  return property === undefined
    ? Reflect.getMetadata(key, target)
    : Reflect.getMetadata(key, target, property);
}

export function isString(value: unknown): value is string {
  return typeof value === 'string';
}
