import { isRecord, type JsonSchema } from './json.schema.js';

/** JSON Schema keywords for class-validator's validators. Validators that are not listed add nothing. */
const KEYWORDS: Readonly<Record<string, (constraints: readonly unknown[]) => JsonSchema>> = {
  isString: () => ({ type: 'string' }),
  isInt: () => ({ type: 'integer' }),
  isNumber: () => ({ type: 'number' }),
  isBoolean: () => ({ type: 'boolean' }),
  isObject: () => ({ type: 'object' }),
  isNotEmptyObject: () => ({ type: 'object', minProperties: 1 }),
  isArray: () => ({ type: 'array' }),
  isDate: () => ({ type: 'string', format: 'date-time' }),
  isIso8601: () => ({ type: 'string', format: 'date-time' }),
  isDateString: () => ({ type: 'string', format: 'date-time' }),
  isRFC3339: () => ({ type: 'string', format: 'date-time' }),
  isUuid: () => ({ type: 'string', format: 'uuid' }),
  isEmail: () => ({ type: 'string', format: 'email' }),
  isUrl: () => ({ type: 'string', format: 'uri' }),
  isFqdn: () => ({ type: 'string', format: 'hostname' }),
  isIp: ([version]) => ({ type: 'string', ...formatOfAddress(version) }),
  isBase64: () => ({ type: 'string', contentEncoding: 'base64' }),
  isMongoId: () => ({ type: 'string', pattern: '^[0-9a-fA-F]{24}$' }),
  isHexadecimal: () => ({ type: 'string', pattern: '^(0[xXhH])?[0-9A-Fa-f]+$' }),
  isNumberString: () => ({ type: 'string' }),
  isBooleanString: () => ({ type: 'string' }),
  isJson: () => ({ type: 'string', contentMediaType: 'application/json' }),
  isLength: ([least, most]) => ({ type: 'string', minLength: least, maxLength: most }),
  minLength: ([least]) => ({ type: 'string', minLength: least }),
  maxLength: ([most]) => ({ type: 'string', maxLength: most }),
  matches: ([pattern]) => ({ type: 'string', ...patternOf(pattern) }),
  contains: ([part]) => ({ type: 'string', pattern: literally(part) }),
  min: ([least]) => ({ minimum: least }),
  max: ([most]) => ({ maximum: most }),
  isPositive: () => ({ exclusiveMinimum: 0 }),
  isNegative: () => ({ exclusiveMaximum: 0 }),
  isDivisibleBy: ([number]) => ({ multipleOf: number }),
  isLatitude: () => ({ minimum: -90, maximum: 90 }),
  isLongitude: () => ({ minimum: -180, maximum: 180 }),
  isIn: ([values]) => ({ enum: valuesOf(values) }),
  isNotIn: ([values]) => ({ not: { enum: valuesOf(values) } }),
  isEnum: ([, values]) => ({ enum: valuesOf(values) }),
  equals: ([value]) => ({ const: value }),
  notEquals: ([value]) => ({ not: { const: value } }),
  arrayMinSize: ([least]) => ({ type: 'array', minItems: least }),
  arrayMaxSize: ([most]) => ({ type: 'array', maxItems: most }),
  arrayNotEmpty: () => ({ type: 'array', minItems: 1 }),
  arrayUnique: () => ({ type: 'array', uniqueItems: true }),
};

/** Validators that describe an array itself. The others describe its items or a single value. */
const OF_ARRAYS: ReadonlySet<string> = new Set([
  'isArray',
  'arrayMinSize',
  'arrayMaxSize',
  'arrayNotEmpty',
  'arrayUnique',
]);

export const speaksOfArrays = (validator: string): boolean => OF_ARRAYS.has(validator);

export function keywordsOf(validator: string, constraints: readonly unknown[]): JsonSchema {
  return Object.hasOwn(KEYWORDS, validator) ? (KEYWORDS[validator]?.(constraints) ?? {}) : {};
}

function formatOfAddress(version: unknown): JsonSchema {
  return version === 4 || version === '4'
    ? { format: 'ipv4' }
    : version === 6 || version === '6'
      ? { format: 'ipv6' }
      : {};
}

/** JSON Schema has no regular expression flags. */
function patternOf(pattern: unknown): JsonSchema {
  if (typeof pattern === 'string') return { pattern };
  if (!(pattern instanceof RegExp) || /[ims]/.test(pattern.flags)) return {};
  return { pattern: pattern.source };
}

function literally(part: unknown): string | undefined {
  return typeof part === 'string'
    ? part.replaceAll(/[$()*+.?[\\\]^{|}]/g, String.raw`\$&`)
    : undefined;
}

/** The values of a list or an enum. An enum of numbers also holds its names. */
function valuesOf(values: unknown): unknown {
  if (Array.isArray(values) || !isRecord(values)) return values;
  const names = Object.keys(values).filter(
    (name) => typeof values[String(values[name])] !== 'number',
  );
  return names.map((name) => values[name]);
}
