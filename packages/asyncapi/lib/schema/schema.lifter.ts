import type { Names } from './names.js';
import { draft07Object } from './draft07.js';
import { isObject, isRecord, memberOf, type JsonSchema } from './json.schema.js';
import { plainData } from './plain.data.js';
import { nameOfStep } from './reference.js';

const PREFIX = '#/components/schemas/';

/** Merges schemas that are whole documents into one document. Lifts out the parts that they refer to internally. */
export class SchemaLifter {
  private readonly lifted = new Map<string, JsonSchema>();

  constructor(private readonly names: Names) {}

  /**
   * @param schema A JSON Schema of any draft, read only as data.
   * @param name A name for lifted parts that have none.
   * @param warn Called for each part that is left out.
   */
  lift(schema: unknown, name: string, warn: (fault: string) => void): JsonSchema {
    const root = plainData(schema);
    if (root === undefined) {
      warn('is no JSON');
      return {};
    }
    const keys = new Map<string, string>();
    const refer = (reference: string): string | undefined => {
      const present = keys.get(reference);
      if (present !== undefined) return present;
      const target = targetOf(root, reference);
      if (target === undefined) {
        warn(`refers to ${JSON.stringify(reference)}, which is not in it`);
        return undefined;
      }
      const key = this.names.claim(nameIn(reference) ?? name);
      keys.set(reference, PREFIX + key);
      // Reserves the place: the order is that of first use.
      this.lifted.set(key, {});
      this.lifted.set(key, draft07Object(target, refer));
      return PREFIX + key;
    };
    return draft07Object(root, refer);
  }

  all(): Iterable<[key: string, schema: JsonSchema]> {
    return this.lifted;
  }
}

/** The last step of the reference: `Name` in `#/$defs/Name`. */
function nameIn(reference: string): string | undefined {
  return reference.includes('/') ? stepsOf(reference).at(-1) : undefined;
}

function stepsOf(reference: string): string[] {
  const steps = reference.slice(1).split('/').slice(1);
  return steps.map((step) => nameOfStep(decoded(step)));
}

function decoded(step: string): string {
  try {
    return decodeURIComponent(step);
  } catch {
    return step;
  }
}

/** The target of a reference within a schema. Never leads out of the schema. */
function targetOf(root: unknown, reference: string): unknown {
  if (reference !== '#' && !reference.startsWith('#/')) return undefined;
  let target = root;
  for (const step of stepsOf(reference)) {
    target = isObject(target) && Object.hasOwn(target, step) ? memberOf(target, step) : undefined;
  }
  return isRecord(target) || typeof target === 'boolean' ? target : undefined;
}
