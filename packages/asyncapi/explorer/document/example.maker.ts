import { fieldsOf, isFields, listOf, numberOf, textsOf } from '../values.js';
import { typesOf, type Schema, type Schemas } from './schema.js';

/** Maximum depth of an example. */
const DEEPEST = 6;
/** Most values in one example: classes that all require each other would create millions. */
const MOST_VALUES = 2_000;

/** The state of one example in the making. */
interface Making {
  readonly schemas: Schemas;
  left: number;
}

const FORMATS: Readonly<Record<string, string>> = {
  'date-time': '2030-01-02T03:04:05Z',
  date: '2030-01-02',
  time: '03:04:05Z',
  duration: 'PT1H',
  email: 'ann@example.com',
  hostname: 'example.com',
  ipv4: '192.0.2.1',
  ipv6: '2001:db8::1',
  uri: 'https://example.com/',
  url: 'https://example.com/',
  uuid: '3f2b8c1e-5d4a-4b6f-9c7d-8e1a2b3c4d5e',
};

/** Makes up a value that a schema allows, as far as possible. */
export function exampleOf(schemas: Schemas, schema: unknown): unknown {
  return valueOf({ schemas, left: MOST_VALUES }, schema, 0);
}

function valueOf(making: Making, schema: unknown, at: number): unknown {
  making.left -= 1;
  const depth = making.left > 0 ? at : DEEPEST;
  const found = making.schemas.merged(schema);
  const [said] = listOf(found['examples']);
  for (const value of [said, found['example'], found['default'], found['const']])
    if (value !== undefined) return value;
  const values = listOf(found['enum']);
  if (values.length > 0) return values[0];
  const [choice] = [...listOf(found['oneOf']), ...listOf(found['anyOf'])];
  if (choice !== undefined && depth < DEEPEST) return ofChoice(making, found, choice, depth);
  return ofType(making, found, depth);
}

function ofChoice(making: Making, whole: Schema, choice: unknown, depth: number): unknown {
  const chosen = valueOf(making, choice, depth + 1);
  const base = isFields(whole['properties']) ? ofObject(making, whole, depth) : {};
  return isFields(chosen) ? { ...base, ...chosen } : chosen;
}

function ofType(making: Making, schema: Schema, depth: number): unknown {
  const types = typesOf(schema);
  switch (types.find((type) => type !== 'null') ?? types[0] ?? 'anything') {
    case 'string':
      return ofString(schema);
    case 'integer':
      return ofNumber(schema, 1);
    case 'number':
      return ofNumber(schema, 0.5);
    case 'boolean':
      return true;
    case 'null':
      return null;
    case 'array':
      return ofArray(making, schema, depth);
    case 'object':
      return ofObject(making, schema, depth);
    default:
      return {};
  }
}

function ofString(schema: Schema): string {
  const format = typeof schema['format'] === 'string' ? schema['format'] : '';
  const text = FORMATS[format] ?? 'text';
  const least = Math.min(numberOf(schema['minLength']) ?? 0, 1000);
  return text.padEnd(least, 'x').slice(0, numberOf(schema['maxLength']) ?? undefined);
}

function ofNumber(schema: Schema, step: number): number {
  const above = numberOf(schema['exclusiveMinimum']);
  const least = numberOf(schema['minimum']) ?? (above === undefined ? undefined : above + step);
  const below = numberOf(schema['exclusiveMaximum']);
  const most = numberOf(schema['maximum']) ?? (below === undefined ? undefined : below - step);
  const value = least ?? Math.min(1, most ?? 1);
  const factor = numberOf(schema['multipleOf']);
  return factor === undefined || factor <= 0 ? value : Math.ceil(value / factor) * factor;
}

function ofArray(making: Making, schema: Schema, depth: number): unknown[] {
  const { items } = schema;
  const least = Math.min(numberOf(schema['minItems']) ?? 1, 20);
  if (depth >= DEEPEST) return [];
  if (Array.isArray(items)) return items.map((item) => valueOf(making, item, depth + 1));
  return Array.from({ length: least }, () => valueOf(making, items, depth + 1));
}

function ofObject(making: Making, schema: Schema, depth: number): Record<string, unknown> {
  const required = textsOf(schema['required']);
  const entries = Object.entries(fieldsOf(schema['properties']))
    .filter(([name]) => depth < 2 || (depth < DEEPEST && required.includes(name)))
    .map(([name, property]): [string, unknown] => [name, valueOf(making, property, depth + 1)]);
  return Object.fromEntries(entries);
}
