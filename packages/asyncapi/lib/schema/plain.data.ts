import { isRecord } from './json.schema.js';

const MAX_DEPTH = 100;

/**
 * What JSON makes of a value.
 *
 * @returns `undefined` for what it can make nothing of: functions, circles, and what is too deep to be read by others.
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

/** The same, for a place where nothing may be a reference: tools would follow it wherever it leads. */
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
