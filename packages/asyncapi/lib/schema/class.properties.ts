import 'reflect-metadata';
import { isClass, type AnyClass, type JsonSchema } from './json.schema.js';
import type { SchemaPeers, ValidationEntry } from './peers.js';
import { keywordsOf, speaksOfArrays } from './validator.keywords.js';

/** The facts that class-validator, class-transformer and the compiler know about a property. */
export interface ClassProperty {
  readonly name: string;
  readonly isRequired: boolean;
  /** @param refer Names the schema of a class. */
  schema(refer: (type: AnyClass) => JsonSchema): JsonSchema;
  /** The class of its values, if the application defines it. */
  readonly nested: AnyClass | undefined;
}

const BUILT_IN = new Map<unknown, JsonSchema>([
  [String, { type: 'string' }],
  [Number, { type: 'number' }],
  [Boolean, { type: 'boolean' }],
  [BigInt, { type: 'integer' }],
  [Date, { type: 'string', format: 'date-time' }],
  [Array, { type: 'array' }],
  [Set, { type: 'array', uniqueItems: true }],
  [Map, { type: 'object' }],
  [Buffer, { type: 'string', format: 'binary' }],
  [Uint8Array, { type: 'string', format: 'binary' }],
  [Object, {}],
  [Symbol, {}],
  [Function, {}],
  [Promise, {}],
]);

/** @returns `undefined` for the application's own classes. */
export function builtInSchema(type: unknown): JsonSchema | undefined {
  return isClass(type) || type === BigInt || type === Symbol ? BUILT_IN.get(type) : {};
}

/** Properties with a validator, in the order of their declaration. */
export function propertiesOf(type: AnyClass, peers: SchemaPeers): ClassProperty[] {
  const byName = new Map<string, ValidationEntry[]>();
  for (const entry of peers.validation?.entriesOf(type) ?? []) {
    const entries = byName.get(entry.propertyName) ?? [];
    byName.set(entry.propertyName, [...entries, entry]);
  }
  return [...byName].map(([name, entries]) => propertyOf(type, name, entries, peers));
}

function propertyOf(
  type: AnyClass,
  name: string,
  entries: readonly ValidationEntry[],
  peers: SchemaPeers,
): ClassProperty {
  const prototype: unknown = type.prototype;
  const emitted: unknown =
    typeof prototype === 'object' && prototype !== null
      ? Reflect.getMetadata('design:type', prototype, name)
      : undefined;
  const named = peers.typeOf?.(type, name);
  const isList = emitted === Array || entries.some(({ each }) => each);
  const value = named ?? (isList ? undefined : emitted);
  const nested = isClass(value) && !BUILT_IN.has(value) ? value : undefined;
  return {
    name,
    isRequired: !entries.some((entry) => entry.type === 'conditionalValidation'),
    nested,
    schema(refer) {
      const base = nested ? refer(nested) : (builtInSchema(value) ?? {});
      return isList ? listSchema(base, entries) : merged(base, entries);
    },
  };
}

function listSchema(items: JsonSchema, entries: readonly ValidationEntry[]): JsonSchema {
  const ofItems = entries.filter(({ each, name }) => each && !speaksOfArrays(name ?? ''));
  const ofList = entries.filter(({ name }) => speaksOfArrays(name ?? ''));
  return merged({ type: 'array', items: merged(items, ofItems) }, ofList);
}

/** Keeps a reference alone: it allows no other keywords beside it. */
function merged(base: JsonSchema, entries: readonly ValidationEntry[]): JsonSchema {
  if ('$ref' in base) return base;
  const keywords = entries.map(({ name, constraints }) =>
    keywordsOf(name ?? '', constraints ?? []),
  );
  return Object.fromEntries([base, ...keywords].flatMap((each) => Object.entries(each)));
}
