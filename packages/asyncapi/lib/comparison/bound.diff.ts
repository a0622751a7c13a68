import { isDeepStrictEqual } from 'node:util';
import type { JsonSchema } from '../schema/json.schema.js';

/** Receives the changes in the bounds of a value. */
export interface BoundReport {
  narrower(text: string): void;
  wider(text: string): void;
  /** The values are neither clearly more nor clearly fewer. */
  other(text: string): void;
  isWhole(text: string, becomes: boolean): void;
}

const UPPER = ['maximum', 'exclusiveMaximum', 'maxLength', 'maxItems', 'maxProperties'];
const LOWER = ['minimum', 'exclusiveMinimum', 'minLength', 'minItems', 'minProperties'];
/** The comparison does not compute the values that these keywords allow: any change counts as another value. */
const EXACT = ['pattern', 'format', 'contentEncoding', 'contentMediaType'];
const OPAQUE = [
  'not',
  'if',
  'then',
  'else',
  'patternProperties',
  'propertyNames',
  'dependencies',
  'contains',
];

/** Compares two schemas of one type, apart from their properties, items and values. */
export function comparedBounds(before: JsonSchema, after: JsonSchema, report: BoundReport): void {
  for (const keyword of [...UPPER, ...LOWER]) compareBound(keyword, before, after, report);
  for (const keyword of EXACT) compareExact(keyword, before[keyword], after[keyword], report);
  compareMultiples(before['multipleOf'], after['multipleOf'], report);
  const [wasUnique, isUnique] = [before['uniqueItems'] === true, after['uniqueItems'] === true];
  if (isUnique && !wasUnique) report.narrower('has each item once');
  if (wasUnique && !isUnique) report.wider('may have items twice');
  for (const keyword of OPAQUE)
    if (!isDeepStrictEqual(before[keyword], after[keyword]))
      report.other(`"${keyword}" has changed`);
}

function compareBound(
  keyword: string,
  before: JsonSchema,
  after: JsonSchema,
  report: BoundReport,
): void {
  const isUpper = UPPER.includes(keyword);
  const open = isUpper
    ? Infinity
    : keyword.startsWith('min') && keyword !== 'minimum'
      ? 0
      : -Infinity;
  const [was, is] = [boundOf(before[keyword], open), boundOf(after[keyword], open)];
  if (was === is) return;
  const text = `${keyword} ${boundText(was, open)} → ${boundText(is, open)}`;
  if (is < was === isUpper) report.narrower(text);
  else report.wider(text);
}

function boundOf(value: unknown, open: number): number {
  return typeof value === 'number' ? value : open;
}

function boundText(value: number, open: number): string {
  return value === open ? 'none' : String(value);
}

function compareExact(keyword: string, was: unknown, is: unknown, report: BoundReport): void {
  if (isDeepStrictEqual(was, is)) return;
  const text = `${keyword} ${exactText(was)} → ${exactText(is)}`;
  if (is === undefined) return report.wider(text);
  report.narrower(text);
  if (was !== undefined) report.wider(text);
}

function exactText(value: unknown): string {
  return value === undefined ? 'none' : JSON.stringify(value);
}

/** `integer` counts as a multiple of 1. */
function compareMultiples(was: unknown, is: unknown, report: BoundReport): void {
  if (was === is) return;
  const [old, now] = [typeof was === 'number' ? was : 0, typeof is === 'number' ? is : 0];
  if (old === 1 && now === 0) return report.isWhole('may have a fraction', false);
  if (old === 0 && now === 1) return report.isWhole('is a whole number', true);
  const text = `multipleOf ${old || 'none'} → ${now || 'none'}`;
  if (now === 0 || (old > 0 && old % now === 0)) return report.wider(text);
  report.narrower(text);
  if (old > 0 && now % old !== 0) report.wider(text);
}
