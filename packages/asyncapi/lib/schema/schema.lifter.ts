import type { Names } from './names.js';
import { draft07Object } from './draft07.js';
import { isObject, isRecord, memberOf, type JsonSchema } from './json.schema.js';
import { plainData } from './plain.data.js';
import { nameOfStep } from './reference.js';

const PREFIX = '#/components/schemas/';

/** Takes schemas that are whole documents into one: what they refer to in themselves is lifted out of them. */
export class SchemaLifter {
  private readonly lifted = new Map<string, JsonSchema>();

  constructor(private readonly names: Names) {}

  /**
   * @param schema A JSON Schema of any draft. It is read as data alone.
   * @param name For what is lifted out and has no name.
   * @param warn Told of what is left out.
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
      // In the order in which they are met.
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

/** The last step of the way, which is the name in `#/$defs/Name`. */
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

/** What a reference within a schema leads to: never out of it. */
function targetOf(root: unknown, reference: string): unknown {
  if (reference !== '#' && !reference.startsWith('#/')) return undefined;
  let target = root;
  for (const step of stepsOf(reference)) {
    target = isObject(target) && Object.hasOwn(target, step) ? memberOf(target, step) : undefined;
  }
  return isRecord(target) || typeof target === 'boolean' ? target : undefined;
}
