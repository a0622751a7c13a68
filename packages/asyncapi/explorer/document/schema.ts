import { nameOfStep } from '../../lib/schema/reference.js';
import { fieldsOf, isFields, listOf, textsOf, type Fields } from '../values.js';

/** A JSON Schema of the document. `true` and `{}` say nothing. */
export type Schema = Fields;

/** Follows references within a document. */
export class Schemas {
  constructor(private readonly root: Fields) {}

  /** The target of a schema's reference, at most a few steps away; the schema itself if it has no reference. */
  resolved(schema: unknown): Schema {
    let found = fieldsOf(schema);
    for (let steps = 0; steps < 8 && typeof found['$ref'] === 'string'; steps += 1)
      found = fieldsOf(this.at(found['$ref']));
    return found;
  }

  /** The name at the end of a reference. */
  nameOf(schema: unknown): string | undefined {
    const reference = fieldsOf(schema)['$ref'];
    return typeof reference === 'string' ? reference.split('/').at(-1) : undefined;
  }

  at(reference: unknown): unknown {
    if (typeof reference !== 'string' || !reference.startsWith('#/')) return undefined;
    let found: unknown = this.root;
    for (const step of reference.slice(2).split('/')) {
      const name = nameOfStep(step);
      found = isFields(found) && Object.hasOwn(found, name) ? found[name] : undefined;
    }
    return found;
  }

  /** The schema, merged with its `allOf`. */
  merged(schema: unknown, depth = 0): Schema {
    const own = this.resolved(schema);
    const parts = listOf(own['allOf']);
    if (parts.length === 0 || depth > 8) return own;
    const all = [
      ...parts.map((part) => this.merged(part, depth + 1)),
      { ...own, allOf: undefined },
    ];
    const properties = joined(all.map((part) => fieldsOf(part['properties'])));
    const required = [...new Set(all.flatMap((part) => textsOf(part['required'])))];
    return {
      ...joined(all),
      allOf: undefined,
      ...(Object.keys(properties).length > 0 && { properties }),
      ...(required.length > 0 && { required }),
    };
  }
}

/** Joins schemas. Later ones win. */
function joined(parts: readonly Fields[]): Fields {
  return Object.fromEntries(parts.flatMap((part) => Object.entries(part)));
}

/** The types that a schema names. Without names, its keywords tell them. */
export function typesOf(schema: Schema): string[] {
  const { type } = schema;
  if (typeof type === 'string') return [type];
  const several = textsOf(type);
  if (several.length > 0) return several;
  if (isFields(schema['properties'])) return ['object'];
  return schema['items'] === undefined ? [] : ['array'];
}
