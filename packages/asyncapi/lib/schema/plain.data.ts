import { isRecord } from './json.schema.js';

const MAX_DEPTH = 100;

/**
 * Converts a value to plain JSON data.
 *
 * @returns `undefined` for values without a JSON form: functions, circles, and values too deep for other tools.
 */
export function plainData(value: unknown): unknown {
  try {
    const text: string | undefined = JSON.stringify(value);
    if (text === undefined) return undefined;
    const copy: unknown = JSON.parse(text);
    return isDeep(copy, MAX_DEPTH) ? undefined : copy;
  } catch {
    return undefined;
  }
}

/** Does the same for a place that allows no references: tools would follow them wherever they lead. */
export function referenceFree(value: unknown): unknown {
  const copy = plainData(value);
  return hasReference(copy) ? undefined : copy;
}

function isDeep(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return depth === 0 || Object.values(value).some((item) => isDeep(item, depth - 1));
}

function hasReference(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(hasReference);
  if (!isRecord(value)) return false;
  return Object.hasOwn(value, '$ref') || Object.values(value).some(hasReference);
}
