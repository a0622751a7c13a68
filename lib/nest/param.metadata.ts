import type { ArgumentMetadata, PipeTransform, Type } from '@nestjs/common';
import { CUSTOM_ROUTE_ARGS_METADATA, ROUTE_ARGS_METADATA } from './internals.js';
import { readMetadata } from './metadata.js';

/** A standard schema, if Nest 12 is installed, which supports them. */
type Schema = NonNullable<ArgumentMetadata extends { readonly schema?: infer S } ? S : never>;

/** A pipe as given to a decorator: an instance or a class. */
export type PipeReference = PipeTransform | Type<PipeTransform>;

/** A decorator's metadata for one parameter. */
export interface ParamMetadata {
  readonly index: number;
  /** Nest's number for the decorator; `undefined` for `createParamDecorator()`. */
  readonly paramtype: number | undefined;
  readonly data: unknown;
  readonly pipes: readonly PipeReference[];
  readonly factory: ((data: unknown, context: unknown) => unknown) | undefined;
  readonly schema: Schema | undefined;
}

interface StoredParam {
  readonly index: number;
  readonly data?: unknown;
  readonly pipes?: readonly PipeReference[];
  readonly factory?: (data: unknown, context: unknown) => unknown;
  readonly schema?: Schema;
}

/** The decorated parameters of a method, by position. */
export function paramMetadataOf(controller: object, method: string): ParamMetadata[] {
  const stored = readMetadata(ROUTE_ARGS_METADATA, controller, method);
  return Object.entries(isStoredParams(stored) ? stored : {}).map(([key, param]) => ({
    index: param.index,
    paramtype: key.includes(CUSTOM_ROUTE_ARGS_METADATA) ? undefined : Number(key.split(':')[0]),
    data: param.data,
    pipes: param.pipes ?? [],
    factory: param.factory,
    schema: param.schema,
  }));
}

/** The parameter types that the compiler emitted, by position; empty if it emitted none. */
export function emittedTypesOf(prototype: object, method: string): readonly unknown[] {
  const types = readMetadata('design:paramtypes', prototype, method);
  return Array.isArray(types) ? types : [];
}

/** Only Nest's decorators write under its key. */
function isStoredParams(value: unknown): value is Readonly<Record<string, StoredParam>> {
  return typeof value === 'object' && value !== null;
}
