import { isDeepStrictEqual } from 'node:util';
import { isRecord, listOf, type JsonSchema } from '../schema/json.schema.js';

const LOWEST = new Set(['maximum', 'exclusiveMaximum', 'maxLength', 'maxItems', 'maxProperties']);
const HIGHEST = new Set(['minimum', 'exclusiveMinimum', 'minLength', 'minItems', 'minProperties']);

/** Merges two schemas into one for the values that fit both. Neither has a union, a reference or `allOf` at its top. */
export function mergedSchema(one: JsonSchema, other: JsonSchema): JsonSchema {
  const merged = new Map<string, unknown>(Object.entries(one));
  for (const [keyword, value] of Object.entries(other)) {
    const present = merged.get(keyword);
    merged.set(keyword, present === undefined ? value : mergedKeyword(keyword, present, value));
  }
  return Object.fromEntries(merged);
}

function mergedKeyword(keyword: string, one: unknown, other: unknown): unknown {
  if (keyword === 'required') return [...new Set([...listOf(one), ...listOf(other)])];
  if (keyword === 'enum')
    return listOf(one).filter((value) =>
      listOf(other).some((each) => isDeepStrictEqual(each, value)),
    );
  if (keyword === 'properties' && isRecord(one) && isRecord(other))
    return mergedProperties(one, other);
  if (keyword === 'items' || keyword === 'additionalProperties') return bothOf(one, other);
  if (typeof one === 'number' && typeof other === 'number') {
    if (LOWEST.has(keyword)) return Math.min(one, other);
    if (HIGHEST.has(keyword)) return Math.max(one, other);
  }
  return one;
}

function mergedProperties(
  one: Readonly<Record<string, unknown>>,
  other: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const merged = new Map(Object.entries(one));
  for (const [name, schema] of Object.entries(other))
    merged.set(name, merged.has(name) ? bothOf(merged.get(name), schema) : schema);
  return Object.fromEntries(merged);
}

/** Keeps each member once: a schema that refers to itself would grow forever. */
function bothOf(one: unknown, other: unknown): unknown {
  if (one === false || other === false) return false;
  const members = [...membersOf(one), ...membersOf(other)];
  const once = [...new Map(members.map((member) => [JSON.stringify(member), member])).values()];
  return once.length === 1 ? once[0] : { allOf: once };
}

function membersOf(schema: unknown): readonly unknown[] {
  if (isRecord(schema) && Object.keys(schema).length === 1 && Array.isArray(schema['allOf']))
    return listOf(schema['allOf']);
  return [schema];
}
