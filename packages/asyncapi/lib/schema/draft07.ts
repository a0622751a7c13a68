import { isList, isRecord, listOf, type JsonSchema } from './json.schema.js';
import { readKeyword, type Walk } from './schema.keywords.js';

/**
 * Replaces a reference.
 *
 * @returns `undefined` if the reference leads nowhere: the schema then says nothing.
 */
export type ReferenceReader = (reference: string) => string | undefined;

/**
 * Converts a schema of OpenAPI 3.0 or of a later draft to draft 07. Leaves out keywords that no validator could read: a
 * schema can make a document say less, but never make it invalid.
 */
export function draft07(schema: unknown, readReference: ReferenceReader): JsonSchema | boolean {
  if (typeof schema === 'boolean') return schema;
  if (!isRecord(schema)) return {};
  const walk: Walk = (inner) => draft07(inner, readReference);
  const { $ref, ...rest } = schema;
  const { nullable, ...keywords } = fromOpenApi(fromLaterDrafts(rest));
  const read = readKeywords(keywords, walk);
  const whole = typeof $ref === 'string' ? withReference(readReference($ref), read) : read;
  const lone = loneOf(whole);
  return nullable === true ? orNull(lone) : lone;
}

/** Does the same where a document requires an object. */
export function draft07Object(schema: unknown, readReference: ReferenceReader): JsonSchema {
  const read = draft07(schema, readReference);
  if (typeof read === 'boolean') return read ? {} : { not: {} };
  return read;
}

function readKeywords(keywords: JsonSchema, walk: Walk): JsonSchema {
  const entries = Object.entries(keywords).map(
    ([keyword, value]) => [keyword, readKeyword(keyword, value, walk)] as const,
  );
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
}

/** Draft 07 ignores keywords beside a reference. */
function withReference(reference: string | undefined, rest: JsonSchema): JsonSchema {
  if (reference === undefined) return rest;
  const $ref = { $ref: reference };
  if (Object.keys(rest).length === 0) return $ref;
  const { allOf, ...others } = rest;
  return { ...others, allOf: [$ref, ...listOf(allOf)] };
}

/** OpenAPI wraps a reference in a list to allow keywords beside it. */
function loneOf(schema: JsonSchema): JsonSchema {
  const [lone, ...others] = listOf(schema['allOf']);
  const isAll = others.length === 0 && Object.keys(schema).length === 1;
  return isAll && isRecord(lone) ? lone : schema;
}

/** Null must satisfy all keywords beside the type. */
function orNull(schema: JsonSchema): JsonSchema {
  const { type, enum: values } = schema;
  const isComposed = ['allOf', 'anyOf', 'oneOf', 'not', 'const'].some((word) => word in schema);
  if (typeof type !== 'string' || isComposed) return { anyOf: [schema, { type: 'null' }] };
  return {
    ...schema,
    type: [type, 'null'],
    ...(isList(values) && !values.includes(null) && { enum: [...values, null] }),
  };
}

/** @see https://spec.openapis.org/oas/v3.0.3#schema-object */
function fromOpenApi({ example, ...schema }: JsonSchema): JsonSchema {
  const examples = example === undefined || schema['examples'] ? {} : { examples: [example] };
  return {
    ...schema,
    ...examples,
    ...exclusive(schema, 'minimum', 'exclusiveMinimum'),
    ...exclusive(schema, 'maximum', 'exclusiveMaximum'),
  };
}

function exclusive(schema: JsonSchema, bound: string, keyword: string): JsonSchema {
  return schema[keyword] === true
    ? { [bound]: undefined, [keyword]: schema[bound] }
    : schema[keyword] === false
      ? { [keyword]: undefined }
      : {};
}

function fromLaterDrafts(schema: JsonSchema): JsonSchema {
  const { prefixItems, dependentRequired, dependentSchemas, ...rest } = schema;
  const dependencies = {
    ...(isRecord(dependentRequired) && dependentRequired),
    ...(isRecord(dependentSchemas) && dependentSchemas),
  };
  return {
    ...rest,
    ...(Array.isArray(prefixItems) && { items: prefixItems, additionalItems: rest['items'] }),
    ...(Object.keys(dependencies).length > 0 && { dependencies }),
  };
}
