/** A JSON Schema, draft 07, as AsyncAPI accepts it. */
export interface JsonSchema {
  readonly [keyword: string]: unknown;
}

/** The direction of a message: `input` if clients write it, `output` if they read it. */
export type SchemaDirection = 'input' | 'output';

/** Converts a schema that has no JSON Schema of its own. */
export type SchemaConverter = (
  schema: object,
  direction: SchemaDirection,
) => JsonSchema | undefined;

export type AnyClass = abstract new (...args: never[]) => unknown;

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value);
}

/** The value if it is a list, else an empty list. */
export function listOf(value: unknown): readonly unknown[] {
  return isList(value) ? value : [];
}

export function isObject(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function';
}

/** Reads a member of any value. */
export function memberOf(value: unknown, name: string | symbol): unknown {
  const member: unknown = isObject(value) ? Reflect.get(value, name) : undefined;
  return member;
}

export function isClass(value: unknown): value is AnyClass {
  return typeof value === 'function' && isRecord(value.prototype);
}
