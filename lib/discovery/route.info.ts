import type { Type } from '@nestjs/common';
import { parse, type Token } from 'path-to-regexp';
import type { RouteHost, RouteVersion } from '../nest/route.paths.js';
import type { MessageTypeReader } from '../options/message.types.js';
import type { ResolvedRouteOptions } from '../options/revali-ws.options.resolver.js';
import { frozenCopy } from '../values/frozen.copy.js';
import {
  closesOf,
  handlerInfoOf,
  roomMessagesOf,
  type WebSocketHandlerInfo,
  type WebSocketMessageInfo,
} from './handler.info.js';
import { fieldsOf, type WebSocketHandshakeField } from './handshake.fields.js';
import type { DeclaredMessage } from './message.description.js';
import { RouteMetadataAccessor } from './route-metadata.accessor.js';
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

/**
 * One path that a `@WebSocket()` method or a `@WebSocketController()` serves. One with several paths has one of these
 * for each.
 */
export interface WebSocketRouteInfo extends WebSocketHandlerInfo {
  /** The class. */
  readonly controller: Type<unknown>;
  /** With all prefixes, in the form in which it was declared: `/api/chat/:room`. */
  readonly path: string;
  /** Empty where any version matches, or where the version is part of the path. */
  readonly versions: readonly (string | symbol)[];
  /** Empty where every host is served. */
  readonly hosts: readonly RouteHost[];
  /** In the order of the path. */
  readonly parameters: readonly WebSocketRouteParameter[];
  /** What handlers read of the query of the handshake. */
  readonly query: readonly WebSocketHandshakeField[];
  /** What handlers read of the headers of the handshake. */
  readonly headers: readonly WebSocketHandshakeField[];
  /** Of a `@WebSocketController()`, in the order of their declaration; else empty. */
  readonly messages: readonly WebSocketMessageInfo[];
  /** The method with `@OnConnect()`. `undefined` where there is none. */
  readonly onConnect: WebSocketHandlerInfo | undefined;
  /** What names the type of a message: a property, or a function. `undefined` but for a `@WebSocketController()`. */
  readonly messageType: string | MessageTypeReader | undefined;
  /** The property of a message that is the body of its handler; `undefined`: the whole message. */
  readonly messageBody: string | undefined;
  /** Rooms that its connections join before they open: one for each `@JoinRoom()`, in their order. */
  readonly rooms: readonly WebSocketRouteRooms[];
  /** What these rooms send, as `@Sends()` of their classes says. */
  readonly roomMessages: readonly DeclaredMessage[];
  /** What `@Closes()` says: texts by close code. */
  readonly closes: Readonly<Record<number, string>>;
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
  const { controller, paths, messages } = route;
  const options = optionsOf(route);
  const shared = {
    controller,
    ...handlerInfoOf(route, route.methodName),
    receives: declaredOf('receives', route),
    sends: declaredOf('sends', route),
    hosts: frozenCopy(route.hosts),
    ...fieldsOf(controller, methodsOf(route)),
    messages: messagesOf(route),
    onConnect:
      messages?.onConnect === undefined ? undefined : handlerInfoOf(route, messages.onConnect),
    messageType: messages?.by,
    messageBody: messages?.body,
    rooms: route.rooms,
    roomMessages: roomMessagesOf(route),
    closes: closesOf(route),
    mode: options.mode,
    options,
  };
  return paths.map(({ path, version }) =>
    Object.freeze({
      ...shared,
      path,
      versions: frozenCopy(versionsOf(version)),
      parameters: frozenCopy(parametersOf(parse(path).tokens, false)),
    }),
  );
}

/** Of the class and of the method. */
function declaredOf(
  direction: 'receives' | 'sends',
  { controller, method }: RouteDefinition,
): readonly DeclaredMessage[] {
  return frozenCopy([
    ...RouteMetadataAccessor.declaredOf(direction, controller),
    ...RouteMetadataAccessor.declaredOf(direction, method),
  ]);
}

/** All that may read of the handshake. */
function methodsOf({ methodName, messages }: RouteDefinition): string[] {
  if (!messages) return [methodName];
  const { byType, rest, onConnect, onClose } = messages;
  const names = [...byType.values(), rest, onConnect, onClose];
  return [...new Set(names.filter((name) => name !== undefined))];
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
      Object.freeze({ type, ...handlerInfoOf(route, methodName) }),
    ),
  );
}
