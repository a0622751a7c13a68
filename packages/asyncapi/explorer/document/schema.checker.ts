import { Validator, type OutputUnit, type Schema } from '@cfworker/json-schema';
import { nameOfStep } from '../../lib/schema/reference.js';
import { fieldsOf, type Fields } from '../values.js';

/** A place where a value does not match its schema. */
export interface Fault {
  /** `text`, `items[2].name`; empty for the value as a whole. */
  readonly where: string;
  readonly what: string;
}

/** Keywords whose faults only mean that the validator reports another fault inside. */
const WRAPPERS = new Set(['$ref', 'allOf', 'properties', 'items', 'if', 'then', 'else']);
const MOST_FAULTS = 5;

/** Checks messages against the document's schemas. Compiles nothing, because a strict policy forbids `eval`. */
export class SchemaChecker {
  private readonly validators = new Map<string, Validator | undefined>();

  constructor(private readonly document: Fields) {}

  /** @returns `undefined` if the schema cannot be checked. */
  check(message: string, value: unknown): readonly Fault[] | undefined {
    try {
      return this.validatorOf(message)
        ?.validate(value)
        .errors.filter(({ keyword }) => !WRAPPERS.has(keyword))
        .slice(0, MOST_FAULTS)
        .map(faultOf);
    } catch {
      // The schema has a pattern that is not a regular expression in browsers.
      return undefined;
    }
  }

  private validatorOf(message: string): Validator | undefined {
    if (!this.validators.has(message)) this.validators.set(message, this.validatorFor(message));
    return this.validators.get(message);
  }

  private validatorFor(message: string): Validator | undefined {
    const { messages, schemas } = fieldsOf(this.document['components']);
    const { payload } = fieldsOf(fieldsOf(messages)[message]);
    try {
      // The document's references lead to `#/components/schemas`, so the schema needs that part.
      const whole: Schema = { allOf: [fieldsOf(payload)], components: { schemas } };
      return new Validator(whole, '7', false);
    } catch {
      return undefined;
    }
  }
}

function faultOf({ instanceLocation, error }: OutputUnit): Fault {
  const steps = instanceLocation
    .replace(/^#\/?/, '')
    .split('/')
    .filter((step) => step !== '')
    .map(nameOfStep);
  const where = steps
    .map((step, at) => (/^\d+$/.test(step) ? `[${step}]` : at === 0 ? step : `.${step}`))
    .join('');
  return { where, what: inWords(error) };
}

/** Validators call a value an "instance". */
function inWords(error: string): string {
  return error
    .replace(/^Instance type "(\w+)" is invalid\. Expected "(.+)"\.$/, '$2 expected, not $1.')
    .replace(/^Instance\b/, 'The value')
    .replace(/^String\b/, 'The text');
}
