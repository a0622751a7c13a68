import { isRecord, type JsonSchema } from './json.schema.js';
import { referenceFree } from './plain.data.js';

/** Converts a schema below a keyword to draft 07. */
export type Walk = (schema: unknown) => JsonSchema | boolean;

/** @returns `undefined` for a value that the keyword does not allow. The keyword is then left out. */
type KeywordReader = (value: unknown, walk: Walk) => unknown;

const TYPES: ReadonlySet<unknown> = new Set([
  'array',
  'boolean',
  'integer',
  'null',
  'number',
  'object',
  'string',
]);

const text: KeywordReader = (value) => (typeof value === 'string' ? value : undefined);
const flag: KeywordReader = (value) => (typeof value === 'boolean' ? value : undefined);
const finite: KeywordReader = (value) => (Number.isFinite(value) ? value : undefined);
const count: KeywordReader = (value) =>
  Number.isSafeInteger(value) && Number(value) >= 0 ? value : undefined;
const positive: KeywordReader = (value) =>
  Number.isFinite(value) && Number(value) > 0 ? value : undefined;
const regularExpression: KeywordReader = (value) => (isPattern(value) ? value : undefined);

const schema: KeywordReader = (value, walk) => (isSchema(value) ? walk(value) : undefined);
const schemas: KeywordReader = (value, walk) => {
  if (!Array.isArray(value)) return undefined;
  const read = value.filter(isSchema).map(walk);
  return read.length > 0 ? read : undefined;
};
const schemasByName: KeywordReader = (value, walk) =>
  isRecord(value)
    ? Object.fromEntries(
        Object.entries(value)
          .filter(([, item]) => isSchema(item))
          .map(([name, item]) => [name, walk(item)]),
      )
    : undefined;

/** The keywords of draft 07, with readers of their values. Everything else is left out, except extensions. */
const READERS: Readonly<Record<string, KeywordReader>> = {
  title: text,
  description: text,
  format: text,
  contentEncoding: text,
  contentMediaType: text,
  pattern: regularExpression,
  readOnly: flag,
  writeOnly: flag,
  deprecated: flag,
  uniqueItems: flag,
  minimum: finite,
  maximum: finite,
  exclusiveMinimum: finite,
  exclusiveMaximum: finite,
  multipleOf: positive,
  minLength: count,
  maxLength: count,
  minItems: count,
  maxItems: count,
  minProperties: count,
  maxProperties: count,
  type: (value) => {
    const types = [...new Set([value].flat())];
    if (types.length === 0 || !types.every((type) => TYPES.has(type))) return undefined;
    return types.length === 1 ? types[0] : types;
  },
  required: (value) =>
    Array.isArray(value)
      ? [...new Set(value.filter((name) => typeof name === 'string'))]
      : undefined,
  enum: (value) => {
    const values = Array.isArray(value) ? referenceFree(value) : undefined;
    return Array.isArray(values) && values.length > 0 ? distinct(values) : undefined;
  },
  examples: (value) => (Array.isArray(value) ? referenceFree(value) : undefined),
  const: referenceFree,
  default: referenceFree,
  allOf: schemas,
  anyOf: schemas,
  oneOf: schemas,
  not: schema,
  if: schema,
  // oxlint-disable-next-line unicorn/no-thenable -- a keyword of JSON Schema
  then: schema,
  else: schema,
  contains: schema,
  propertyNames: schema,
  additionalItems: schema,
  additionalProperties: schema,
  items: (value, walk) => (Array.isArray(value) ? schemas(value, walk) : schema(value, walk)),
  properties: schemasByName,
  patternProperties: (value, walk) =>
    isRecord(value)
      ? schemasByName(
          Object.fromEntries(Object.entries(value).filter(([name]) => isPattern(name))),
          walk,
        )
      : undefined,
  dependencies: (value, walk) =>
    isRecord(value)
      ? Object.fromEntries(
          Object.entries(value).flatMap(([name, item]) => {
            const read = Array.isArray(item)
              ? READERS['required']?.(item, walk)
              : schema(item, walk);
            return read === undefined ? [] : [[name, read]];
          }),
        )
      : undefined,
};

/** Whether draft 07 has the keyword, or the converter reads it as one that draft 07 has. */
export function isKeyword(name: string): boolean {
  return name.startsWith('$') || name === 'nullable' || Object.hasOwn(READERS, name);
}

export function readKeyword(keyword: string, value: unknown, walk: Walk): unknown {
  if (Object.hasOwn(READERS, keyword)) return READERS[keyword]?.(value, walk);
  return keyword.startsWith('x-') ? referenceFree(value) : undefined;
}

function isSchema(value: unknown): boolean {
  return typeof value === 'boolean' || isRecord(value);
}

/** Validators compile patterns with or without the flag `u`. */
function isPattern(value: unknown): boolean {
  if (typeof value !== 'string') return false;
  try {
    return [new RegExp(value, 'u'), new RegExp(value)].length > 0;
  } catch {
    return false;
  }
}

function distinct(values: readonly unknown[]): unknown[] {
  return [...new Map(values.map((value) => [JSON.stringify(value), value])).values()];
}
