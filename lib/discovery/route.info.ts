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
  /** The name for `@Param(name)`. */
  readonly name: string;
  /** Whether it matches several segments, like `*rest`. Its value is then a list. */
  readonly isWildcard: boolean;
  /** Whether the path is also served without it, like `{/:id}`. */
  readonly isOptional: boolean;
}

/**
 * One path that a `@WebSocket()` method or a `@WebSocketController()` serves. A route with several paths has one entry
 * for each.
 */
export interface WebSocketRouteInfo extends WebSocketHandlerInfo {
  /** The class. */
  readonly controller: Type<unknown>;
  /** The declared path with all prefixes: `/api/chat/:room`. */
  readonly path: string;
  /** Empty if any version matches, or if the version is part of the path. */
  readonly versions: readonly (string | symbol)[];
  /** Empty if every host is served. */
  readonly hosts: readonly RouteHost[];
  /** In path order. */
  readonly parameters: readonly WebSocketRouteParameter[];
  /** What handlers read from the handshake's query. */
  readonly query: readonly WebSocketHandshakeField[];
  /** What handlers read from the handshake's headers. */
  readonly headers: readonly WebSocketHandshakeField[];
  /** The messages of a `@WebSocketController()` in declaration order; otherwise empty. */
  readonly messages: readonly WebSocketMessageInfo[];
  /** The method with `@OnConnect()`. `undefined` if there is none. */
  readonly onConnect: WebSocketHandlerInfo | undefined;
  /** The property or function that gives a message's type. `undefined` unless this is a `@WebSocketController()`. */
  readonly messageType: string | MessageTypeReader | undefined;
  /** The property of a message that holds the handler's body; `undefined`: the whole message. */
  readonly messageBody: string | undefined;
  /** Rooms that its connections join before they open: one for each `@JoinRoom()`, in order. */
  readonly rooms: readonly WebSocketRouteRooms[];
  /** The messages that these rooms send, from `@Sends()` of their classes. */
  readonly roomMessages: readonly DeclaredMessage[];
  /** Texts by close code, from `@Closes()`. */
  readonly closes: Readonly<Record<number, string>>;
  /** The direction of messages. */
  readonly mode: ResolvedRouteOptions['mode'];
  /** With all defaults filled in. Times are in ms, sizes in bytes. */
  readonly options: ResolvedRouteOptions;
}

/**
 * The public view of a route, one entry for each of its paths. It is frozen, and the server does not work with it:
 * nobody who gets the list can open a route through it.
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

/** Declared on the class and on the method. */
function declaredOf(
  direction: 'receives' | 'sends',
  { controller, method }: RouteDefinition,
): readonly DeclaredMessage[] {
  return frozenCopy([
    ...RouteMetadataAccessor.declaredOf(direction, controller),
    ...RouteMetadataAccessor.declaredOf(direction, method),
  ]);
}

/** All methods that may read from the handshake. */
function methodsOf({ methodName, messages }: RouteDefinition): string[] {
  if (!messages) return [methodName];
  const { byType, rest, onConnect, onClose } = messages;
  const names = [...byType.values(), rest, onConnect, onClose];
  return [...new Set(names.filter((name) => name !== undefined))];
}

/** A codec may have internal state. */
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
