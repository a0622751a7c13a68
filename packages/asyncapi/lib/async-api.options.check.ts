import { inspect } from 'node:util';
import type { AsyncApiDocumentOptions, AsyncApiModuleOptions } from './async-api.options.js';
import { isList, isRecord, memberOf } from './schema/json.schema.js';

/** An invalid option, thrown by `AsyncApiModule.forRoot()` or `createAsyncApiDocument()`. */
export class InvalidAsyncApiOptionException extends Error {
  /** @internal */
  constructor(where: string, option: string, value: unknown, cure: string) {
    const shown = inspect(value, { depth: 1, breakLength: Infinity, maxStringLength: 80 });
    super(`${where}: the option "${option}" is ${shown}. ${cure}`);
    this.name = InvalidAsyncApiOptionException.name;
  }
}

interface Rule {
  readonly isFine: (value: unknown) => boolean;
  readonly cure: string;
}

const isText = (value: unknown): boolean => typeof value === 'string';
const isFunction = (value: unknown): boolean => typeof value === 'function';
const areRecords = (value: unknown): boolean =>
  isRecord(value) && Object.values(value).every(isRecord);

const BOOLEAN: Rule = {
  isFine: (value) => typeof value === 'boolean',
  cure: 'Use true or false: a text such as "false" would count as true.',
};

const DOCUMENT_RULES: Readonly<Record<keyof AsyncApiDocumentOptions, Rule>> = {
  info: {
    isFine: (value) => isText(memberOf(value, 'title')) && isText(memberOf(value, 'version')),
    cure: 'Use an object with the texts title and version.',
  },
  servers: { isFine: areRecords, cure: 'Use an object of servers by name.' },
  security: { isFine: areRecords, cure: 'Use an object of security schemes by name.' },
  schemas: { isFine: isFunction, cure: 'Use a function that makes a JSON Schema of a schema.' },
  version: {
    isFine: (value) => value === '3.0.0' || value === '3.1.0',
    cure: "Use '3.0.0' or '3.1.0'.",
  },
  document: { isFine: isFunction, cure: 'Use a function that returns the document.' },
};

const MODULE_RULES: Readonly<Record<keyof AsyncApiModuleOptions, Rule>> = {
  ...DOCUMENT_RULES,
  path: { isFine: isText, cure: "Use a path, such as 'docs/ws'." },
  explorer: BOOLEAN,
  enabled: BOOLEAN,
  relay: BOOLEAN,
  decorators: {
    isFine: (value) => isList(value) && value.every(isFunction),
    cure: 'Use a list of decorators, such as [UseGuards(AdminGuard)].',
  },
};

/** @throws InvalidAsyncApiOptionException */
export function checkModuleOptions(options: unknown): void {
  check('AsyncApiModule.forRoot()', options, MODULE_RULES);
}

/** @throws InvalidAsyncApiOptionException */
export function checkDocumentOptions(options: unknown): void {
  check('createAsyncApiDocument()', options, DOCUMENT_RULES);
}

/** Missing options have defaults. Options without a rule are ignored. */
function check(where: string, options: unknown, rules: Readonly<Record<string, Rule>>): void {
  if (!isRecord(options))
    throw new InvalidAsyncApiOptionException(where, 'options', options, 'Use an object, or none.');
  for (const [option, { isFine, cure }] of Object.entries(rules)) {
    const value = options[option];
    if (value !== undefined && !isFine(value))
      throw new InvalidAsyncApiOptionException(where, option, value, cure);
  }
}
