import type { Type } from '@nestjs/common';
import { parse, type Token } from 'path-to-regexp';
import { bodyKindOf, type BodyKind } from '../message/message.body.js';
import { RouteParamtypes } from '../nest/internals.js';
import { emittedTypesOf, paramMetadataOf } from '../nest/param.metadata.js';
import { prototypeOf } from '../nest/prototype.js';
import type { RouteHost, RouteVersion } from '../nest/route.paths.js';
import type { MessageTypeReader } from '../options/message.types.js';
import type { ResolvedRouteOptions } from '../options/revali-ws.options.resolver.js';
import { frozenCopy } from '../values/frozen.copy.js';
import type { RouteDefinition } from './route.definition.js';
import type { WebSocketRouteRooms } from './route.rooms.js';

/** A parameter of a path. */
export interface WebSocketRouteParameter {
  /** As `@Param(name)` reads it. */
  readonly name: string;
  /** Whether it takes several segments, as `*rest` does. Its value is then a list. */
  readonly isWildcard: boolean;
  /** Whether the path is also served without it, as `{/:id}` is. */
  readonly isOptional: boolean;
}

/** What a handler takes as the body of a message. */
export interface WebSocketRouteBody {
  /** How a payload is read where the option `format` is `'auto'`. `'none'`: no parameter takes the body. */
  readonly kind: BodyKind;
  /** The type of the parameter, as the compiler emitted it; `undefined` where it emitted none. */
  readonly type: unknown;
  /** The standard schema of `@Body({ schema })`, where Nest 12 has it. */
  readonly schema: unknown;
}

/** What one type of messages goes to. */
export interface WebSocketMessageInfo {
  /** `undefined` for what no other method takes. */
  readonly type: string | undefined;
  /** The name of the method that takes them. */
  readonly methodName: string;
  /** What the method takes. */
  readonly body: WebSocketRouteBody;
}

/**
 * One path that a `@WebSocket()` method or a `@WebSocketController()` serves. One with several paths has one of these
 * for each.
 */
export interface WebSocketRouteInfo {
  /** The class. */
  readonly controller: Type<unknown>;
  /** The name of its method. Empty for a `@WebSocketController()`. */
  readonly methodName: string;
  /** With all prefixes, in the form in which it was declared: `/api/chat/:room`. */
  readonly path: string;
  /** Empty where any version matches, or where the version is part of the path. */
  readonly versions: readonly (string | symbol)[];
  /** Empty where every host is served. */
  readonly hosts: readonly RouteHost[];
  /** In the order of the path. */
  readonly parameters: readonly WebSocketRouteParameter[];
  /** What the handler takes. */
  readonly body: WebSocketRouteBody;
  /** Of a `@WebSocketController()`, in the order of their declaration; else empty. */
  readonly messages: readonly WebSocketMessageInfo[];
  /** What names the type of a message: a property, or a function. `undefined` but for a `@WebSocketController()`. */
  readonly messageType: string | MessageTypeReader | undefined;
  /** The property of a message that is the body of its handler; `undefined`: the whole message. */
  readonly messageBody: string | undefined;
  /** Rooms that its connections join before they open: one for each `@JoinRoom()`, in their order. */
  readonly rooms: readonly WebSocketRouteRooms[];
  /** Which way messages go. */
  readonly mode: ResolvedRouteOptions['mode'];
  /** With every default in place. Times in ms, sizes in bytes. */
  readonly options: ResolvedRouteOptions;
}

/**
 * What a route looks like from outside, one entry for each of its paths. Nothing in it can be changed, and nothing of it
 * is what the server goes by: who is given the list must not open a route by it.
 */
export function routeInfosOf(route: RouteDefinition): WebSocketRouteInfo[] {
  const { controller, methodName, paths, messages, rooms } = route;
  const hosts = frozenCopy(route.hosts);
  const options = optionsOf(route);
  const body = bodyOf(route, methodName);
  const ofTypes = messagesOf(route);
  return paths.map(({ path, version }) =>
    Object.freeze({
      controller,
      methodName,
      path,
      versions: frozenCopy(versionsOf(version)),
      hosts,
      parameters: frozenCopy(parametersOf(parse(path).tokens, false)),
      body,
      messages: ofTypes,
      messageType: messages?.by,
      messageBody: messages?.body,
      rooms,
      mode: options.mode,
      options,
    }),
  );
}

/** A codec may keep something in itself. */
function optionsOf({ options: { format, ...options } }: RouteDefinition): ResolvedRouteOptions {
  return Object.freeze({ ...frozenCopy(options), format });
}

function versionsOf(version: RouteVersion | undefined): (string | symbol)[] {
  return version === undefined ? [] : [version].flat();
}

function parametersOf(tokens: readonly Token[], isOptional: boolean): WebSocketRouteParameter[] {
  return tokens.flatMap((token) => {
    if (token.type === 'text') return [];
    if (token.type === 'group') return parametersOf(token.tokens, true);
    return [{ name: token.name, isWildcard: token.type === 'wildcard', isOptional }];
  });
}

function messagesOf(route: RouteDefinition): readonly WebSocketMessageInfo[] {
  const { byType = new Map<string, string>(), rest } = route.messages ?? {};
  const methods: [type: string | undefined, methodName: string][] = [...byType];
  if (rest !== undefined) methods.push([undefined, rest]);
  return Object.freeze(
    methods.map(([type, methodName]) =>
      Object.freeze({ type, methodName, body: bodyOf(route, methodName) }),
    ),
  );
}

/** A parameter that takes the whole body says more than one that takes a property. */
function bodyOf({ controller }: RouteDefinition, methodName: string): WebSocketRouteBody {
  const bodies = paramMetadataOf(controller, methodName).filter(
    ({ paramtype }) => paramtype === RouteParamtypes.BODY,
  );
  const whole = bodies.find(({ data }) => typeof data !== 'string' || data === '');
  if (!whole) {
    const kind = bodies.length > 0 ? 'json' : 'none';
    return Object.freeze({ kind, type: undefined, schema: undefined });
  }
  const type = emittedTypesOf(prototypeOf(controller), methodName)[whole.index];
  // Type and schema are the application's own.
  return Object.freeze({ kind: bodyKindOf(type), type, schema: whole.schema });
}
