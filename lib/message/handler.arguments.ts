import type { ArgumentMetadata, PipeTransform } from '@nestjs/common';
import type { ApplicationConfig } from '@nestjs/core';
import type { FaultLocation } from '../errors/revali-ws.exceptions.js';
import { isClass } from '../nest/class.reference.js';
import { RouteParamtypes } from '../nest/internals.js';
import {
  emittedTypesOf,
  paramMetadataOf,
  type ParamMetadata,
  type PipeReference,
} from '../nest/param.metadata.js';
import type { MessageFormat } from '../options/message.format.js';
import { isThenable } from '../values/thenable.js';
import type { Invocation } from './invocation.js';
import { bodyKindOf, bodyReaderOf, type BodyKind, type BodyReader } from './message.body.js';
import {
  handleSource,
  isBodyParam,
  isPipeable,
  sourceOf,
  type ParamSource,
  type RoomSourceOf,
} from './param.source.js';
import { applyPipe } from './pipe.call.js';

/** The arguments of one call; a promise only if a pipe or a decorator is asynchronous. */
export type ArgumentsReader = (invocation: Invocation) => unknown[] | Promise<unknown[]>;

export interface ParamsRequest {
  readonly controller: object;
  readonly prototype: object;
  readonly methodName: string;
  readonly arity: number;
  readonly where: FaultLocation;
  readonly format: MessageFormat;
  /** Depth of JSON. Default: the module's. */
  readonly maxDepth?: number;
  /** How a body without a type is read. Default: as the handshake says. */
  readonly untyped?: BodyKind;
  readonly config: ApplicationConfig;
  readonly contextOf: (invocation: Invocation) => unknown;
  readonly roomOf: RoomSourceOf;
  /** Global, controller, and method pipes. */
  readonly pipes: readonly PipeTransform[];
  /** Instances of the pipes that a parameter lists. */
  readonly pipesOf: (references: readonly PipeReference[]) => readonly PipeTransform[];
}

/** What reading a body depends on. */
export type BodyRequest = Pick<
  ParamsRequest,
  'controller' | 'prototype' | 'methodName' | 'format' | 'maxDepth' | 'untyped'
>;

interface Param {
  readonly index: number;
  readonly read: ParamSource;
  readonly pipes: readonly PipeTransform[];
  readonly metadata: ArgumentMetadata;
  readonly isBody: boolean;
}

interface Plan {
  readonly params: readonly Param[];
  /** The largest number of pipes of a parameter, plus one round to read the values. */
  readonly rounds: number;
}

/** Replaces an argument that a promise will supply, or that failed. */
const LATE = Symbol('late');

/** Compiles how a handler's arguments are read, so that messages need no lookups. */
export function createArgumentsReader(request: ParamsRequest): ArgumentsReader {
  const types = emittedTypesOf(request.prototype, request.methodName);
  const decorated = paramMetadataOf(request.controller, request.methodName);
  const params = decorated.map((param) => createParam(param, types[param.index], request));
  const indices = new Set(decorated.map(({ index }) => index));
  const plain = types
    .map((type, index) => ({ type, index }))
    .filter(({ index }) => !indices.has(index))
    .map(({ type, index }) => ({ index, read: handleSource(type, request.roomOf) }));
  const length = Math.max(request.arity, types.length, ...[...indices].map((index) => index + 1));
  const onlyParam = params[0];
  if (plain.length === 0 && length === 1 && params.length === 1 && onlyParam?.pipes.length === 0) {
    return readOne(onlyParam.read);
  }
  const rounds = Math.max(1, ...params.map(({ pipes }) => pipes.length));
  const plan: Plan = { params, rounds };
  return (invocation) => {
    const args = Array.from<unknown>({ length });
    for (const { index, read } of plain) args[index] = read(invocation);
    const pending = readDecorated(plan, invocation, args);
    return pending ? pending.then(() => args) : args;
  };
}

/** The result of `switchToWs().getData()`: the first whole body, as its handler sees it before pipes. */
export function createBodyReader(request: BodyRequest): BodyReader {
  const { controller, prototype, methodName } = request;
  const types = emittedTypesOf(prototype, methodName);
  const bodies = paramMetadataOf(controller, methodName).filter(
    ({ paramtype }) => paramtype === RouteParamtypes.BODY,
  );
  const whole = bodies.find(({ data }) => typeof data !== 'string' || data === '');
  if (whole) return readerOf(request, bodyKindOf(types[whole.index]));
  return readerOf(request, bodies.length > 0 ? 'json' : 'unknown');
}

function readerOf(
  { format, maxDepth, untyped }: Pick<ParamsRequest, 'format' | 'maxDepth' | 'untyped'>,
  kind: BodyKind,
): BodyReader {
  const read = bodyReaderOf(format, kind, maxDepth);
  return untyped ? (body) => read(body, untyped) : read;
}

function readOne(read: ParamSource): ArgumentsReader {
  return (invocation) => {
    const value = read(invocation);
    return isThenable(value) ? Promise.resolve(value).then((settled) => [settled]) : [value];
  };
}

/**
 * As over HTTP, parameters do not wait for each other: the first pipe of each runs, then the second of each, and so on.
 * If several fail, the first error counts.
 */
function readDecorated(
  { params, rounds }: Plan,
  invocation: Invocation,
  args: unknown[],
): Promise<unknown> | undefined {
  let pending: Promise<void>[] | undefined;
  let fault: { readonly error: unknown } | undefined;
  for (let round = 0; round < rounds; round += 1) {
    for (const param of params) {
      try {
        const late = advance(param, round, invocation, args);
        if (late) (pending ??= []).push(late);
      } catch (error) {
        args[param.index] = LATE;
        fault ??= { error };
      }
    }
  }
  if (!fault) return pending && Promise.all(pending);
  if (!pending) throw fault.error;
  // Pending work is awaited, too, so that a second rejection finds a listener.
  return Promise.all([Promise.reject(fault.error), ...pending]);
}

/** One round of one parameter. @returns A promise if it takes over the remaining rounds. */
function advance(
  { index, read, pipes, metadata, isBody }: Param,
  round: number,
  invocation: Invocation,
  args: unknown[],
): Promise<void> | undefined {
  if (round > 0 && (round >= pipes.length || args[index] === LATE)) return undefined;
  let value = round === 0 ? read(invocation) : args[index];
  // On connect, there is no body for a pipe to transform: the handler gets `undefined`.
  const pipe = isBody && !invocation.body ? undefined : pipes[round];
  const isRead = !isThenable(value);
  if (pipe && isRead) value = applyPipe(pipe, value, metadata);
  args[index] = value;
  if (!isThenable(value)) return undefined;
  args[index] = LATE;
  return settle(args, index, value, { pipes: pipes.slice(isRead ? round + 1 : round), metadata });
}

async function settle(
  args: unknown[],
  index: number,
  pending: PromiseLike<unknown>,
  { pipes, metadata }: Pick<Param, 'pipes' | 'metadata'>,
): Promise<void> {
  let value = await pending;
  for (const pipe of pipes) {
    // oxlint-disable-next-line no-await-in-loop -- each pipe gets what the one before it made
    value = await applyPipe(pipe, value, metadata);
  }
  args[index] = value;
}

function createParam(param: ParamMetadata, type: unknown, request: ParamsRequest): Param {
  const { where, config, contextOf, roomOf } = request;
  const bodyReader = readerOf(request, bodyKindOf(type));
  const jsonReader = readerOf(request, 'json');
  return {
    index: param.index,
    read: sourceOf(param, type, { where, config, contextOf, roomOf, bodyReader, jsonReader }),
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
  // A decorator's argument of any kind, as over HTTP, although the type allows only strings.
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
