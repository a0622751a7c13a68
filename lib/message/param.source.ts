import type { ApplicationConfig } from '@nestjs/core';
import {
  UnsupportedParameterException,
  type FaultLocation,
} from '../errors/revali-ws.exceptions.js';
import { isConnectionFactory } from '../handles/connection.factory.js';
import { handleKindOf } from '../handles/connection.handles.js';
import { isRoomFactory } from '../handles/room.factory.js';
import { RouteParamtypes, RouteParamsFactory } from '../nest/internals.js';
import type { ParamMetadata } from '../nest/param.metadata.js';
import { freshValue } from '../values/fresh.value.js';
import type { Invocation } from './invocation.js';
import { bodySource, type BodyReaders } from './message.body.js';

/** Reads one argument of a handler; a promise only if a custom decorator returns one. */
export type ParamSource = (invocation: Invocation) => unknown;

/**
 * Reads the room that a connection has joined.
 *
 * @param kind Selects the room; `undefined`: the only one.
 * @throws AmbiguousRoomParameterException if there is none, or more than one.
 */
export type RoomSourceOf = (kind: unknown) => ParamSource;

export interface SourceDependencies extends BodyReaders {
  readonly roomOf: RoomSourceOf;
  readonly where: FaultLocation;
  readonly config: ApplicationConfig;
  readonly contextOf: (invocation: Invocation) => unknown;
}

/** Nest's enum values as plain numbers: metadata may hold one that the enum lacks. */
const Paramtype: Readonly<Record<keyof typeof RouteParamtypes, number>> = RouteParamtypes;

/** Values that Nest reads again for each request, and that a pipe may change. */
const OWN_EACH: ReadonlySet<number> = new Set([
  RouteParamtypes.QUERY,
  RouteParamtypes.PARAM,
  // COOKIES and SIGNED_COOKIES, which Nest 11 does not have.
  14,
  15,
]);

const PIPEABLE: ReadonlySet<number> = new Set([
  RouteParamtypes.BODY,
  RouteParamtypes.RAW_BODY,
  RouteParamtypes.FILE,
  RouteParamtypes.FILES,
  ...OWN_EACH,
]);

export function isBodyParam({ paramtype }: ParamMetadata): boolean {
  return paramtype === RouteParamtypes.BODY || paramtype === RouteParamtypes.RAW_BODY;
}

/** As for HTTP routes, only values from the client go through pipes. */
export function isPipeable({ paramtype, factory }: ParamMetadata): boolean {
  if (paramtype !== undefined) return PIPEABLE.has(paramtype);
  return !isConnectionFactory(factory) && !isRoomFactory(factory);
}

/** @throws UnsupportedParameterException for `@Res()` and `@Next()`: a message has no HTTP response. */
export function sourceOf(
  param: ParamMetadata,
  type: unknown,
  deps: SourceDependencies,
): ParamSource {
  const { paramtype, data } = param;
  if (paramtype === undefined) return customSource(param, deps);
  switch (paramtype) {
    case Paramtype.REQUEST:
      return requestSource(type);
    case Paramtype.RESPONSE:
    case Paramtype.NEXT:
      throw new UnsupportedParameterException(
        deps.where,
        paramtype === Paramtype.NEXT ? '@Next()' : '@Res()',
      );
    case Paramtype.BODY:
      return bodySource(data, deps);
    case Paramtype.RAW_BODY:
      return ({ body }) => body?.read('bytes');
    default:
      return isKnown(paramtype) ? handshakeSource(paramtype, data, deps.config) : () => null;
  }
}

/** The type of an undecorated parameter decides. */
export function handleSource(type: unknown, roomOf: RoomSourceOf): ParamSource {
  if (type === AbortSignal) return ({ connection, call }) => call?.signal ?? connection.signal;
  switch (handleKindOf(type)) {
    case 'connection':
      return lend;
    case 'closer':
      return (invocation) => invocation.connection.lent.closerFor(invocation);
    case 'sender':
      return ({ connection }) => connection.lent.sender;
    case 'cleanUp':
      return ({ connection }) => connection.lent.cleanUp;
    case 'room':
      return roomOf(undefined);
    case undefined:
      return () => undefined;
  }
}

const lend: ParamSource = ({ connection }) => connection.lend();

/** `@Req()` and `@ConnectedSocket()` leave the same metadata; the parameter's type tells them apart. */
function requestSource(type: unknown): ParamSource {
  if (handleKindOf(type) === 'connection') return lend;
  if (isWebSocketClass(type)) return ({ connection }) => connection.socket;
  return ({ connection }) => connection.request;
}

function isWebSocketClass(type: unknown): boolean {
  if (typeof type !== 'function') return false;
  const prototype: unknown = type.prototype;
  return (
    typeof prototype === 'object' &&
    prototype !== null &&
    'terminate' in prototype &&
    'ping' in prototype
  );
}

function customSource(
  { data, factory }: ParamMetadata,
  { contextOf, roomOf }: SourceDependencies,
): ParamSource {
  if (!factory) return () => undefined;
  if (isConnectionFactory(factory)) return lend;
  if (isRoomFactory(factory)) return roomOf(data);
  return (invocation) => factory(data, contextOf(invocation));
}

function isKnown(paramtype: number): paramtype is RouteParamtypes {
  return paramtype in RouteParamtypes;
}

/** Everything except the body comes from the handshake, read as Nest reads it for HTTP routes. */
function handshakeSource(
  paramtype: RouteParamtypes,
  data: unknown,
  config: ApplicationConfig,
): ParamSource {
  const factory = new RouteParamsFactory(config);
  const key = typeof data === 'string' ? data : '';
  const read: ParamSource = ({ connection }) =>
    factory.exchangeKeyForValue(paramtype, key, {
      req: connection.request,
      res: undefined,
      next: noNext,
    });
  return OWN_EACH.has(paramtype) ? (invocation) => freshValue(read(invocation)) : read;
}

function noNext(): void {
  // A message has no next handler.
}
