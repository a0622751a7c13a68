import * as nest from '@nestjs/common';
import type { ArgumentMetadata, PipeTransform } from '@nestjs/common';
import { createHash } from 'node:crypto';

/** What a standard schema says of a value. */
interface SchemaResult {
  readonly issues?: unknown;
  readonly value?: unknown;
}

/** The parts of Nest's `StandardSchemaValidationPipe`, which applications may override. */
interface SchemaPipe {
  readonly isTransformEnabled: unknown;
  readonly validateOptions: unknown;
  exceptionFactory(issues: unknown): unknown;
  toValidate(metadata: ArgumentMetadata): unknown;
  stripProtoKeys(value: unknown): void;
  validate(
    value: unknown,
    schema: unknown,
    options: unknown,
  ): SchemaResult | PromiseLike<SchemaResult>;
}

/** SHA-256 of the source, with single spaces, of the `transform()` that {@link validated} stands for. */
const KNOWN_TRANSFORM = 'c6dd4adb9c00629a6396afa39205bafc45cba11c6b1202581a569b14c77656fd';

/** That of Nest; `undefined` before Nest 12, and in versions where it may do more or less. */
const schemaTransform = knownTransform();

/**
 * Nest's pipe for `{ schema }` returns a promise even if the schema has an answer at once. Where its `transform()` is
 * the known one, its parts are called without that promise.
 */
export function applyPipe(
  pipe: PipeTransform<unknown, unknown>,
  value: unknown,
  metadata: ArgumentMetadata,
): unknown {
  return schemaTransform !== undefined && pipe.transform === schemaTransform && isSchemaPipe(pipe)
    ? validated(pipe, value, metadata)
    : pipe.transform(value, metadata);
}

function validated(pipe: SchemaPipe, value: unknown, metadata: ArgumentMetadata): unknown {
  const schema: unknown = Reflect.get(metadata, 'schema');
  if (!schema || !pipe.toValidate(metadata)) return value;
  pipe.stripProtoKeys(value);
  const result = pipe.validate(value, schema, pipe.validateOptions);
  return isAwaitable(result)
    ? Promise.resolve(result).then((settled) => outcomeOf(pipe, value, settled))
    : outcomeOf(pipe, value, result);
}

function outcomeOf(pipe: SchemaPipe, value: unknown, result: SchemaResult): unknown {
  if (result.issues) throw pipe.exceptionFactory(result.issues);
  return pipe.isTransformEnabled ? result.value : value;
}

function knownTransform(): unknown {
  const Pipe: unknown = Reflect.get(nest, 'StandardSchemaValidationPipe');
  const transform: unknown =
    typeof Pipe === 'function' && Reflect.get(Object(Pipe.prototype), 'transform');
  if (typeof transform !== 'function') return undefined;
  const source = Function.prototype.toString.call(transform).replace(/\s+/g, ' ');
  const digest = createHash('sha256').update(source).digest('hex');
  return digest === KNOWN_TRANSFORM ? transform : undefined;
}

function isSchemaPipe(pipe: object): pipe is SchemaPipe {
  return (
    isFunction(pipe, 'toValidate') &&
    isFunction(pipe, 'stripProtoKeys') &&
    isFunction(pipe, 'validate') &&
    isFunction(pipe, 'exceptionFactory')
  );
}

/** As `await` sees it: functions can be promises, too. */
function isAwaitable(
  result: SchemaResult | PromiseLike<SchemaResult>,
): result is PromiseLike<SchemaResult> {
  return (
    (typeof result === 'object' || typeof result === 'function') &&
    result !== null &&
    typeof Reflect.get(result, 'then') === 'function'
  );
}

const isFunction = (pipe: object, name: string): boolean =>
  typeof Reflect.get(pipe, name) === 'function';
