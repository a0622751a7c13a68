import { Validator, type OutputUnit, type Schema } from '@cfworker/json-schema';
import type { AsyncApiDocument } from '../document/document.types.js';
import type { JsonSchema } from '../schema/json.schema.js';

/** Most differences to report. More help nobody. */
const MOST = 3;

/** Keywords that only hold others. The inner keywords report the differences. */
const HOLDERS: ReadonlySet<string> = new Set([
  '$ref',
  'additionalItems',
  'allOf',
  'anyOf',
  'contains',
  'dependencies',
  'items',
  'oneOf',
  'patternProperties',
  'properties',
]);

/** Reports where a value differs: one line per place, none if it fits. */
export type JsonChecker = (value: unknown) => string[];

/** Checks values against a schema of the document. Compiles nothing, so it works without `eval`. */
export function jsonChecker(
  payload: JsonSchema,
  { schemas = {} }: AsyncApiDocument['components'],
): JsonChecker {
  // The document's references resolve against this root.
  const root: Schema = { allOf: [payload], components: { schemas } };
  let validator: Validator | undefined;
  return (value) => {
    try {
      validator ??= new Validator(root, '7', false);
      const { valid, errors } = validator.validate(value);
      return valid ? [] : linesOf(errors);
    } catch (error) {
      return [`cannot be checked: ${error instanceof Error ? error.message : String(error)}`];
    }
  };
}

function linesOf(errors: readonly OutputUnit[]): string[] {
  const told = errors.filter(({ keyword }) => !HOLDERS.has(keyword));
  const lines = (told.length > 0 ? told : errors).map(lineOf);
  return [...new Set(lines)].slice(0, MOST);
}

function lineOf({ instanceLocation, keyword, error }: OutputUnit): string {
  const path = decodeURIComponent(instanceLocation.replace(/^#/, ''));
  return `at ${path === '' ? '/' : path}: ${error} (${keyword})`;
}
