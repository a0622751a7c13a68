import type { ApplicationConfig } from '@nestjs/core';
import type { ArgumentMetadata, PipeTransform } from '@nestjs/common';
import { RouteParamtypes } from '@nestjs/common/enums/route-paramtypes.enum.js';
import type { FaultLocation } from '../revali-ws.exceptions.js';
import type { MessageFormat } from '../revali-ws.options.js';
import { isThenable } from '../send/result.stream.js';
import type { Invocation } from './invocation.js';
import { bodyKindOf, bodyReaderOf, type BodyReader } from './message.body.js';
import {
  emittedTypesOf,
  paramMetadataOf,
  type ParamMetadata,
  type PipeReference,
} from './param.metadata.js';
import {
  handleSource,
  isBodyParam,
  isPipeable,
  sourceOf,
  type ParamSource,
} from './param.source.js';

/** The arguments of one call; a promise only where a pipe or a decorator is asynchronous. */
export type ArgumentsReader = (invocation: Invocation) => unknown[] | Promise<unknown[]>;

export interface ParamsRequest {
  readonly controller: object;
  readonly prototype: object;
  readonly methodName: string;
  readonly arity: number;
  readonly where: FaultLocation;
  readonly format: MessageFormat;
  /** Of JSON. Default: the module's. */
  readonly maxDepth?: number;
  readonly config: ApplicationConfig;
  readonly contextOf: (invocation: Invocation) => unknown;
  /** Global, controller and method pipes. */
  readonly pipes: readonly PipeTransform[];
  /** Instances of the pipes that a parameter names. */
  readonly pipesOf: (references: readonly PipeReference[]) => readonly PipeTransform[];
}

/** What a body is read by. */
export type BodyRequest = Pick<
  ParamsRequest,
  'controller' | 'prototype' | 'methodName' | 'format' | 'maxDepth'
>;

interface Param {
  readonly index: number;
  readonly read: ParamSource;
  readonly pipes: readonly PipeTransform[];
  readonly metadata: ArgumentMetadata;
  readonly isBody: boolean;
}

/** Compiles how a handler's arguments are read, so that a message costs no look-up. */
export function createArgumentsReader(request: ParamsRequest): ArgumentsReader {
  const types = emittedTypesOf(request.prototype, request.methodName);
  const decorated = paramMetadataOf(request.controller, request.methodName);
  const params = decorated.map((param) => createParam(param, types[param.index], request));
  const indices = new Set(decorated.map(({ index }) => index));
  const plain = types
    .map((type, index) => ({ index, read: handleSource(type) }))
    .filter(({ index }) => !indices.has(index));
  const length = Math.max(request.arity, types.length, ...[...indices].map((index) => index + 1));
  const onlyParam = params[0];
  if (plain.length === 0 && length === 1 && params.length === 1 && onlyParam?.pipes.length === 0) {
    return readOne(onlyParam.read);
  }
  return (invocation) => {
    const args = Array.from<unknown>({ length });
    for (const { index, read } of plain) args[index] = read(invocation);
    const pending = readDecorated(params, invocation, args);
    return pending ? pending.then(() => args) : args;
  };
}

/** What `switchToWs().getData()` gives: the first whole body as its handler will see it before pipes. */
export function createBodyReader({
  controller,
  prototype,
  methodName,
  format,
  maxDepth,
}: BodyRequest): BodyReader {
  const types = emittedTypesOf(prototype, methodName);
  const bodies = paramMetadataOf(controller, methodName).filter(
    ({ paramtype }) => paramtype === RouteParamtypes.BODY,
  );
  const whole = bodies.find(({ data }) => typeof data !== 'string' || data === '');
  if (whole) return bodyReaderOf(format, bodyKindOf(types[whole.index]), maxDepth);
  return bodyReaderOf(format, bodies.length > 0 ? 'json' : 'unknown', maxDepth);
}

function readOne(read: ParamSource): ArgumentsReader {
  return (invocation) => {
    const value = read(invocation);
    return isThenable(value) ? Promise.resolve(value).then((settled) => [settled]) : [value];
  };
}

function readDecorated(
  params: readonly Param[],
  invocation: Invocation,
  args: unknown[],
): Promise<unknown> | undefined {
  let pending: Promise<void>[] | undefined;
  for (const param of params) {
    try {
      const value = readParam(param, invocation);
      if (isThenable(value)) (pending ??= []).push(settleInto(args, param.index, value));
      else args[param.index] = value;
    } catch (error) {
      // What already runs is awaited with it, so that a second rejection finds a listener.
      if (!pending) throw error;
      pending.push(Promise.reject(error));
    }
  }
  return pending && Promise.all(pending);
}

async function settleInto(
  args: unknown[],
  index: number,
  value: PromiseLike<unknown>,
): Promise<void> {
  args[index] = await value;
}

/** On connect there is no body that a pipe could transform: the handler gets `undefined`. */
function readParam({ read, pipes, metadata, isBody }: Param, invocation: Invocation): unknown {
  let value = read(invocation);
  if (pipes.length === 0 || (isBody && !invocation.body)) return value;
  for (const pipe of pipes) {
    value = isThenable(value)
      ? value.then((settled) => applyPipe(pipe, settled, metadata))
      : applyPipe(pipe, value, metadata);
  }
  return value;
}

function applyPipe(
  pipe: PipeTransform<unknown, unknown>,
  value: unknown,
  metadata: ArgumentMetadata,
): unknown {
  return pipe.transform(value, metadata);
}

function createParam(param: ParamMetadata, type: unknown, request: ParamsRequest): Param {
  const { where, config, contextOf, format, maxDepth } = request;
  const bodyReader = bodyReaderOf(format, bodyKindOf(type), maxDepth);
  const jsonReader = bodyReaderOf(format, 'json', maxDepth);
  return {
    index: param.index,
    read: sourceOf(param, type, { where, config, contextOf, bodyReader, jsonReader }),
    pipes: isPipeable(param) ? [...request.pipes, ...request.pipesOf(param.pipes)] : [],
    metadata: argumentMetadata(param, type),
    isBody: isBodyParam(param),
  };
}

function argumentMetadata(
  { paramtype, data, schema }: ParamMetadata,
  type: unknown,
): ArgumentMetadata {
  const metadata: ArgumentMetadata = {
    type: pipeType(paramtype),
    metatype: isClass(type) ? type : undefined,
    data: undefined,
    ...(schema === undefined ? {} : { schema }),
  };
  // Whatever a decorator was given, as over HTTP; the type knows of texts only.
  return Object.assign(metadata, { data });
}

function pipeType(paramtype: number | undefined): ArgumentMetadata['type'] {
  switch (paramtype) {
    case RouteParamtypes.BODY:
      return 'body';
    case RouteParamtypes.QUERY:
      return 'query';
    case RouteParamtypes.PARAM:
      return 'param';
    case undefined:
    default:
      return 'custom';
  }
}

function isClass(type: unknown): type is NonNullable<ArgumentMetadata['metatype']> {
  return typeof type === 'function';
}
