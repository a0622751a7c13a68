import { isDeepStrictEqual } from 'node:util';
import { isRecord } from '../schema/json.schema.js';
import type { Alternative } from './alternatives.js';

/** The shapes before, paired with the shapes that they became. */
export interface AlternativePairs {
  readonly pairs: readonly (readonly [before: Alternative, after: Alternative])[];
  readonly gone: readonly Alternative[];
  readonly added: readonly Alternative[];
}

type Likeness = (one: Alternative, other: Alternative) => boolean;

/** Ordered from the surest to the weakest. */
const LIKENESSES: readonly Likeness[] = [
  (one, other) => isDeepStrictEqual(one.schema, other.schema),
  (one, other) => tagOf(one) !== undefined && tagOf(one) === tagOf(other),
  (one, other) => one.name !== undefined && one.name === other.name && isTagFree(one, other),
  (one, other) => isTagFree(one, other),
  (one, other) => one.type === 'any' || other.type === 'any',
];

/** Each shape has at most one partner. Partners have the same type, or one of them allows any. */
export function pairedAlternatives(
  before: readonly Alternative[],
  after: readonly Alternative[],
): AlternativePairs {
  const pairs: [Alternative, Alternative][] = [];
  const gone = new Set(before);
  const added = new Set(after);
  const isAlone = before.length === 1 && after.length === 1;
  const weakest: Likeness = (one, other) => isAlone && one.type === other.type;
  for (const isLike of [...LIKENESSES, weakest]) {
    for (const one of gone) {
      const fits = (other: Alternative): boolean =>
        (one.type === other.type || one.type === 'any' || other.type === 'any') &&
        isLike(one, other);
      const other = [...added].find(fits);
      if (!other) continue;
      pairs.push([one, other]);
      gone.delete(one);
      added.delete(other);
    }
  }
  return { pairs, ...absorbed(pairs, gone, added) };
}

/** If anything is allowed, the other shapes add nothing. */
function absorbed(
  pairs: readonly (readonly [Alternative, Alternative])[],
  gone: ReadonlySet<Alternative>,
  added: ReadonlySet<Alternative>,
): Pick<AlternativePairs, 'gone' | 'added'> {
  const isOpen = pairs.some(([one]) => one.type === 'any');
  const becomesOpen = pairs.some(([, other]) => other.type === 'any');
  return { gone: becomesOpen ? [] : [...gone], added: isOpen ? [] : [...added] };
}

/** Properties with a single allowed value tell kinds of objects apart. */
function tagOf({ type, schema: { properties } }: Alternative): string | undefined {
  if (type !== 'object' || !isRecord(properties)) return undefined;
  const tags = Object.entries(properties).flatMap(([name, schema]) => {
    const value = onlyValueOf(schema);
    return value === undefined ? [] : [`${name}=${value}`];
  });
  return tags.length > 0 ? tags.toSorted().join('&') : undefined;
}

function onlyValueOf(schema: unknown): string | undefined {
  if (!isRecord(schema)) return undefined;
  if ('const' in schema) return JSON.stringify(schema['const']);
  const { enum: values, allOf } = schema;
  if (Array.isArray(values) && values.length === 1) return JSON.stringify(values[0]);
  if (!Array.isArray(allOf)) return undefined;
  return allOf.map(onlyValueOf).find((value) => value !== undefined);
}

/** Whether no tag tells the two shapes apart: kinds with different tags are never partners. */
function isTagFree(one: Alternative, other: Alternative): boolean {
  return one.type === other.type && (tagOf(one) === undefined || tagOf(other) === undefined);
}
