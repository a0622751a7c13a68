import { fieldsOf, listOf, numberOf, textOf, textsOf } from '../values.js';
import { typesOf, type Schema, type Schemas } from './schema.js';

/** A line that describes a part of a message. */
export interface SchemaLine {
  readonly depth: number;
  readonly name: string;
  readonly isRequired: boolean;
  readonly type: string;
  readonly note: string;
  readonly description: string;
}

const DEEPEST = 5;
const MOST_LINES = 200;

/** Writes a schema as lines, one per property. */
export function linesOf(schemas: Schemas, schema: unknown): SchemaLine[] {
  const lines: SchemaLine[] = [];
  addLines(schemas, schema, lines, 0);
  return lines;
}

function addLines(schemas: Schemas, schema: unknown, lines: SchemaLine[], depth: number): void {
  const found = schemas.merged(schema);
  const required = textsOf(found['required']);
  const inner = innerOf(schemas, found);
  if (inner !== undefined && depth < DEEPEST) addLines(schemas, inner, lines, depth);
  for (const [name, property] of Object.entries(fieldsOf(found['properties']))) {
    if (lines.length >= MOST_LINES) return;
    const whole = schemas.merged(property);
    lines.push({
      depth,
      name,
      isRequired: required.includes(name),
      type: typeText(schemas, property),
      note: notesOf(whole).join(', '),
      description: textOf(whole['description']) ?? '',
    });
    if (depth < DEEPEST) addLines(schemas, property, lines, depth + 1);
  }
}

/** The schema of a list's items or a map's values. */
function innerOf(schemas: Schemas, schema: Schema): unknown {
  const inner = schema['items'] ?? schema['additionalProperties'];
  const found = schemas.merged(inner);
  return typesOf(found).length > 0 ? inner : undefined;
}

/** Writes a type in TypeScript's terms, which readers of such pages know. */
export function typeText(schemas: Schemas, schema: unknown, depth = 0): string {
  const found = schemas.merged(schema);
  if (found['const'] !== undefined) return JSON.stringify(found['const']);
  const values = listOf(found['enum']);
  if (values.length > 0) return values.map((value) => JSON.stringify(value)).join(' | ');
  const choices = [...listOf(found['oneOf']), ...listOf(found['anyOf'])];
  if (choices.length > 0 && depth < 3)
    return choices.map((choice) => typeText(schemas, choice, depth + 1)).join(' | ');
  const types = typesOf(found).map((type) => {
    if (type === 'array') return `${itemText(schemas, found, depth)}[]`;
    if (type === 'object') return schemas.nameOf(schema) ?? 'object';
    return type === 'string' && found['format'] === 'binary' ? 'bytes' : type;
  });
  return types.join(' | ') || 'anything';
}

function itemText(schemas: Schemas, { items }: Schema, depth: number): string {
  if (items === undefined || Array.isArray(items) || depth > 3) return 'anything';
  const text = typeText(schemas, items, depth + 1);
  return text.includes(' | ') ? `(${text})` : text;
}

function notesOf(schema: Schema): string[] {
  const range = (least: unknown, most: unknown, unit: string): string[] => {
    const from = numberOf(least);
    const to = numberOf(most);
    if (from === undefined && to === undefined) return [];
    if (from !== undefined && to !== undefined) return [`${from}–${to}${unit}`];
    return [from === undefined ? `at most ${to}${unit}` : `at least ${from}${unit}`];
  };
  const format = textOf(schema['format']);
  const pattern = textOf(schema['pattern']);
  return [
    ...(format === undefined || format === 'binary' ? [] : [format]),
    ...range(schema['minLength'], schema['maxLength'], ' characters'),
    ...range(schema['minimum'], schema['maximum'], ''),
    ...(numberOf(schema['exclusiveMinimum']) === undefined
      ? []
      : [`more than ${numberOf(schema['exclusiveMinimum'])}`]),
    ...(numberOf(schema['exclusiveMaximum']) === undefined
      ? []
      : [`less than ${numberOf(schema['exclusiveMaximum'])}`]),
    ...range(schema['minItems'], schema['maxItems'], ' items'),
    ...(pattern === undefined ? [] : [`/${pattern}/`]),
    ...(schema['default'] === undefined ? [] : [`default ${JSON.stringify(schema['default'])}`]),
  ];
}
