import 'reflect-metadata';

/** Metadata of decorators and the compiler: unknown, until the reader has checked it. */
export function readMetadata(key: string | symbol, target: object, property?: string): unknown {
  return property === undefined
    ? Reflect.getMetadata(key, target)
    : Reflect.getMetadata(key, target, property);
}

export function isString(value: unknown): value is string {
  return typeof value === 'string';
}
