import { isRecord, listOf, type JsonSchema } from '../schema/json.schema.js';
import { TypeNames } from './type.names.js';
import { commentLines, indented, keyText, literalType } from './type.text.js';

const REFERENCE = '#/components/schemas/';

const PLAIN: Readonly<Record<string, string>> = {
  string: 'string',
  number: 'number',
  integer: 'number',
  boolean: 'boolean',
  null: 'null',
};

/** Writes JSON Schemas as TypeScript types. */
export class SchemaTypes {
  private readonly names = new TypeNames();
  /** Names of types by the document's key. */
  private readonly named = new Map<string, string>();
  private readonly declarations = new Map<string, readonly string[]>();

  constructor(private readonly schemas: Readonly<Record<string, unknown>>) {
    for (const key of Object.keys(schemas).toSorted()) this.named.set(key, this.names.claim(key));
  }

  /** Declares the type of a message. @returns Its name. */
  declare(name: string, schema: unknown): string {
    const claimed = this.names.claim(name);
    this.declarations.set(claimed, this.declarationOf(claimed, schema));
    return claimed;
  }

  /** All types that were declared or referred to, ordered by name. */
  all(): string[] {
    const sorted = [...this.declarations].toSorted(([one], [other]) => (one < other ? -1 : 1));
    return sorted.flatMap(([, lines]) => [''].concat(lines));
  }

  /** @param blocked References that would lead a type directly back to itself. */
  typeOf(schema: unknown, blocked: ReadonlySet<string> = new Set()): string {
    if (schema === false) return 'never';
    if (!isRecord(schema)) return 'unknown';
    const { $ref: reference } = schema;
    if (typeof reference === 'string') return this.refer(reference, blocked);
    const parts = [
      ...ownTypes(schema, this),
      ...listOf(schema['allOf']).map((each) => this.typeOf(each, blocked)),
      ...['anyOf', 'oneOf'].flatMap((keyword) => {
        const members = listOf(schema[keyword]);
        return members.length > 0 ? [union(members.map((each) => this.typeOf(each, blocked)))] : [];
      }),
    ];
    return intersection(parts);
  }

  /** The lines between the braces of an object type. */
  membersOf(schema: JsonSchema): string[] {
    const { properties, required, additionalProperties: other } = schema;
    const needed = new Set(listOf(required));
    const entries = Object.entries(isRecord(properties) ? properties : {});
    const known = new Set<unknown>(entries.map(([name]) => name));
    const lines = entries.flatMap(([name, each]) =>
      commentOf(each).concat(
        `${keyText(name)}${needed.has(name) ? '' : '?'}: ${this.typeOf(each)};`,
      ),
    );
    for (const name of needed)
      if (typeof name === 'string' && !known.has(name)) lines.push(`${keyText(name)}: unknown;`);
    const isMap = lines.length === 0 && other !== false;
    if (isRecord(other) || isMap)
      lines.push(`[name: string]: ${lines.length === 0 ? this.typeOf(other) : 'unknown'};`);
    return lines;
  }

  private refer(reference: string, blocked: ReadonlySet<string>): string {
    const key = reference.startsWith(REFERENCE) ? reference.slice(REFERENCE.length) : '';
    const name = this.named.get(key);
    if (name === undefined || blocked.has(key)) return 'unknown';
    if (!this.declarations.has(name)) {
      // Reserves the name before the type is written, because it may refer to itself.
      this.declarations.set(name, []);
      this.declarations.set(name, this.declarationOf(name, this.schemas[key], key));
    }
    return name;
  }

  private declarationOf(name: string, schema: unknown, key?: string): string[] {
    const comment = commentOf(schema);
    if (isRecord(schema) && isPlainObject(schema))
      return [...comment, `export interface ${name} {`, ...indented(this.membersOf(schema)), '}'];
    const blocked = key === undefined ? new Set<string>() : this.leadingBackTo(key);
    return [...comment, `export type ${name} = ${this.typeOf(schema, blocked)};`];
  }

  /** The direct references of a type that lead back to it. */
  private leadingBackTo(key: string): ReadonlySet<string> {
    const direct = (from: string): Set<string> => {
      const found = new Set<string>();
      const visit = (schema: unknown): void => {
        for (const next of directReferences(schema)) {
          if (found.has(next)) continue;
          found.add(next);
          visit(this.schemas[next]);
        }
      };
      visit(this.schemas[from]);
      return found;
    };
    return new Set([...direct(key)].filter((next) => direct(next).has(key)));
  }
}

/** References in a union or an intersection, but not in properties and items. */
function directReferences(schema: unknown): string[] {
  if (!isRecord(schema)) return [];
  const { $ref: reference } = schema;
  if (typeof reference === 'string')
    return reference.startsWith(REFERENCE) ? [reference.slice(REFERENCE.length)] : [];
  return ['allOf', 'anyOf', 'oneOf'].flatMap((keyword) =>
    listOf(schema[keyword]).flatMap(directReferences),
  );
}

/** The types that the schema describes itself, apart from its combinations. */
function ownTypes(schema: JsonSchema, types: SchemaTypes): string[] {
  if ('const' in schema) return [literalType(schema['const'])];
  if (Array.isArray(schema['enum'])) return [union(schema['enum'].map(literalType))];
  const said = [schema['type']].flat().filter((type) => typeof type === 'string');
  const guessed = 'properties' in schema ? ['object'] : 'items' in schema ? ['array'] : [];
  const names = said.length > 0 ? said : guessed;
  if (names.length === 0) return [];
  return [
    union(
      names.map((name) => {
        if (name === 'object') return objectType(types.membersOf(schema));
        if (name === 'array') return arrayType(schema, types);
        return PLAIN[name] ?? 'unknown';
      }),
    ),
  ];
}

function objectType(members: readonly string[]): string {
  return members.length === 0
    ? '{ [name: string]: never }'
    : `{\n${indented(members.join('\n').split('\n')).join('\n')}\n}`;
}

function arrayType(schema: JsonSchema, types: SchemaTypes): string {
  const { items, additionalItems = true, minItems } = schema;
  if (!isList(items)) return `${grouped(types.typeOf(items))}[]`;
  const least = typeof minItems === 'number' ? minItems : 0;
  const members = items.map(
    (item, index) => grouped(types.typeOf(item)) + (index < least ? '' : '?'),
  );
  const rest = additionalItems === false ? [] : [`...${grouped(types.typeOf(additionalItems))}[]`];
  return `[${[...members, ...rest].join(', ')}]`;
}

function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value);
}

/** Puts a union or an intersection into parentheses to make it part of another type. */
export function grouped(type: string): string {
  return / [|&] /.test(type) ? `(${type})` : type;
}

export function union(types: readonly string[]): string {
  const once = [...new Set(types)];
  if (once.includes('unknown')) return 'unknown';
  const some = once.filter((type) => type !== 'never');
  return some.length === 0
    ? 'never'
    : some.map((type) => (/ & /.test(type) ? `(${type})` : type)).join(' | ');
}

function intersection(types: readonly string[]): string {
  const once = [...new Set(types)].filter((type) => type !== 'unknown');
  if (once.length === 0) return 'unknown';
  return once.length === 1 ? (once[0] ?? 'unknown') : once.map(grouped).join(' & ');
}

function isPlainObject(schema: JsonSchema): boolean {
  const combined = ['$ref', 'allOf', 'anyOf', 'oneOf', 'const', 'enum'];
  return schema['type'] === 'object' && !combined.some((keyword) => keyword in schema);
}

function commentOf(schema: unknown): string[] {
  if (!isRecord(schema)) return [];
  const { description, deprecated } = schema;
  return commentLines([
    typeof description === 'string' ? description : undefined,
    deprecated === true ? '@deprecated' : undefined,
  ]);
}
