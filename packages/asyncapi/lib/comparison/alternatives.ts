import { isRecord, listOf, type JsonSchema } from '../schema/json.schema.js';
import { mergedSchema } from './schema.merge.js';

/** The types of JSON. */
export type JsonType = 'null' | 'boolean' | 'number' | 'string' | 'array' | 'object' | 'any';

/** One shape that a value may have: a schema with one type, and no union, reference or `allOf` at its top. */
export interface Alternative {
  readonly type: JsonType;
  readonly schema: JsonSchema;
  /** The name of the schema that the shape stands for. */
  readonly name?: string;
}

/** A union of more shapes than this is not taken apart. */
const MOST = 64;

const REFERENCE = '#/components/schemas/';
const COMBINED = new Set(['$ref', 'allOf', 'anyOf', 'oneOf', 'nullable']);

const OF_TYPE: readonly [JsonType, readonly string[]][] = [
  ['object', ['properties', 'required', 'additionalProperties', 'minProperties', 'maxProperties']],
  ['array', ['items', 'minItems', 'maxItems', 'uniqueItems']],
  ['string', ['minLength', 'maxLength', 'pattern', 'format']],
  ['number', ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf']],
];

/** Takes the schemas of one document apart. */
export class Alternatives {
  constructor(private readonly schemas: Readonly<Record<string, unknown>>) {}

  /** All shapes that a schema allows; `undefined` if there are too many. */
  of(schema: unknown): readonly Alternative[] | undefined {
    return this.expand(schema, new Set());
  }

  private expand(schema: unknown, seen: ReadonlySet<string>): Alternative[] | undefined {
    if (schema === false) return [];
    if (!isRecord(schema)) return [{ type: 'any', schema: {} }];
    const { $ref: reference } = schema;
    if (typeof reference === 'string') return this.referred(reference, seen);
    const own = Object.fromEntries(
      Object.entries(schema).filter(([keyword]) => !COMBINED.has(keyword)),
    );
    let found: Alternative[] | undefined = byType(own);
    for (const member of listOf(schema['allOf'])) found = product(found, this.expand(member, seen));
    for (const keyword of ['anyOf', 'oneOf']) {
      const members = listOf(schema[keyword]);
      if (members.length > 0) found = product(found, this.union(members, seen));
    }
    return found;
  }

  private union(members: readonly unknown[], seen: ReadonlySet<string>): Alternative[] | undefined {
    const all: Alternative[] = [];
    // Members that lead back here add nothing.
    const others = members.filter((member) => !this.leadsBack(member, seen));
    for (const member of others) {
      const found = this.expand(member, seen);
      if (!found || all.length + found.length > MOST) return undefined;
      const whole = found.find(({ type, schema }) => type === 'any' && isEmpty(schema));
      if (whole) return [whole];
      all.push(...found);
    }
    return others.length > 0 ? all : [{ type: 'any', schema: {} }];
  }

  private leadsBack(schema: unknown, seen: ReadonlySet<string>): boolean {
    const reference = isRecord(schema) ? schema['$ref'] : undefined;
    return typeof reference === 'string' && seen.has(nameIn(reference));
  }

  /** The text of a schema and everything that it refers to. Schemas with equal texts mean the same. */
  textOf(schema: unknown): string {
    const found = new Map<string, string>();
    const textWithin = (part: unknown): string =>
      JSON.stringify(part, (key, value: unknown) => {
        const name = key === '$ref' && typeof value === 'string' ? nameIn(value) : '';
        if (!found.has(name) && Object.hasOwn(this.schemas, name)) {
          found.set(name, '');
          found.set(name, textWithin(this.schemas[name]));
        }
        return value;
      });
    const own = textWithin(schema);
    return [own, ...[...found].map(([name, text]) => `${name} ${text}`).toSorted()].join('\n');
  }

  /** A schema that refers to itself without a property in between says nothing. */
  private referred(reference: string, seen: ReadonlySet<string>): Alternative[] | undefined {
    const name = nameIn(reference);
    if (seen.has(name) || !Object.hasOwn(this.schemas, name)) return [{ type: 'any', schema: {} }];
    const found = this.expand(this.schemas[name], new Set([...seen, name]));
    return found?.map(({ type, schema, name: inner = name }) => ({ type, schema, name: inner }));
  }
}

function nameIn(reference: string): string {
  return reference.startsWith(REFERENCE) ? reference.slice(REFERENCE.length) : '';
}

function isEmpty(schema: JsonSchema): boolean {
  return Object.keys(schema).length === 0;
}

function product(
  some: readonly Alternative[] | undefined,
  others: readonly Alternative[] | undefined,
): Alternative[] | undefined {
  if (!some || !others || some.length * others.length > MOST) return undefined;
  return some.flatMap((one) => others.flatMap((other) => both(one, other) ?? []));
}

/** The shape that both allow; `undefined` if no value fits both. */
function both(one: Alternative, other: Alternative): Alternative | undefined {
  const { type } = one.type === 'any' ? other : one;
  if (other.type !== 'any' && other.type !== type) return undefined;
  const schema = mergedSchema(one.schema, other.schema);
  if (Array.isArray(schema['enum']) && schema['enum'].length === 0) return undefined;
  const names = [one.name, other.name].filter((name) => name !== undefined);
  return { type, schema, ...(names.length > 0 && { name: names.join(' & ') }) };
}

function byType(schema: JsonSchema): Alternative[] {
  const { type, const: constant, enum: values, ...rest } = schema;
  const given = 'const' in schema ? [constant] : Array.isArray(values) ? values : undefined;
  const types = typesOf(type, rest, given);
  const isWhole = [type].flat().includes('integer') && ![type].flat().includes('number');
  const alternatives = types.map((each): Alternative => {
    const ofType =
      each === 'number' && isWhole ? { ...rest, multipleOf: rest['multipleOf'] ?? 1 } : rest;
    if (!given) return { type: each, schema: ofType };
    const fitting = given.filter((value) => each === 'any' || typeOfValue(value) === each);
    return { type: each, schema: { ...ofType, enum: fitting } };
  });
  return alternatives.filter(
    ({ schema: { enum: left } }) => !Array.isArray(left) || left.length > 0,
  );
}

function typesOf(
  type: unknown,
  schema: JsonSchema,
  values: readonly unknown[] | undefined,
): JsonType[] {
  const said = [type].flat().flatMap((name) => typeNamed(name) ?? []);
  if (said.length > 0) return [...new Set(said)];
  if (values) return [...new Set(values.map(typeOfValue))];
  const found = OF_TYPE.find(([, keywords]) => keywords.some((keyword) => keyword in schema));
  return [found ? found[0] : 'any'];
}

function typeNamed(name: unknown): JsonType | undefined {
  switch (name) {
    case 'integer':
      return 'number';
    case 'null':
    case 'boolean':
    case 'number':
    case 'string':
    case 'array':
    case 'object':
      return name;
    default:
      return undefined;
  }
}

function typeOfValue(value: unknown): JsonType {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return typeNamed(typeof value) ?? 'any';
}
