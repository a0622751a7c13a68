import 'reflect-metadata';
import { readMetadata } from '../nest/metadata.js';
import type { ObserverReference } from '../observers/web-socket.observer.js';
import type { WebSocketRouteOptions } from '../options/revali-ws.options.js';
import type { WebSocketControllerOptions } from '../options/message.types.js';
import type { ControllerOptions } from '@nestjs/common';
import type { DeclaredMessage } from './message.description.js';

// Symbol.for: the ESM and CommonJS builds of this package read each other's metadata.
const ROUTES = Symbol.for('nestjs-revali-ws:routes');
const OBSERVERS = Symbol.for('nestjs-revali-ws:observers');
const MESSAGE_CONTROLLER = Symbol.for('nestjs-revali-ws:message-controller');
const MESSAGES = Symbol.for('nestjs-revali-ws:messages');
const CLOSES = Symbol.for('nestjs-revali-ws:closes');
const DECLARED = {
  receives: Symbol.for('nestjs-revali-ws:receives'),
  sends: Symbol.for('nestjs-revali-ws:sends'),
};

/** The arguments of one `@WebSocket()`. */
export interface RouteMetadata {
  readonly paths: readonly string[];
  readonly options: WebSocketRouteOptions;
  /** Whether an empty path is in a list: Nest treats `@Get([''])` differently from `@Get()`. */
  readonly listsEmptyPath?: boolean;
}

/** The place of a `@WebSocketController()`, as given. */
export type MessageControllerPlace = string | readonly string[] | ControllerOptions;

/** The arguments of `@WebSocketController()`. */
export interface MessageControllerMetadata {
  readonly place: MessageControllerPlace;
  readonly options: WebSocketControllerOptions;
}

/** The arguments of `@OnMessage()` and similar decorators on a method. */
export interface MessageMetadata {
  readonly takes: 'message' | 'connect' | 'close';
  /** Without types, the method handles all other messages. */
  readonly types?: readonly string[];
}

/** The only place that knows the metadata keys. */
export const RouteMetadataAccessor = {
  addRoute(method: object, route: RouteMetadata): void {
    const routes = RouteMetadataAccessor.routesOf(method);
    Reflect.defineMetadata(ROUTES, [route, ...routes], method);
  },

  routesOf(method: unknown): readonly RouteMetadata[] {
    if (typeof method !== 'function') return [];
    const routes = readMetadata(ROUTES, method);
    return isListOfRoutes(routes) ? routes : [];
  },

  /** Reads paths as Nest does for `@Get()`: no path means a slash, and an empty path in a list stays empty. */
  methodPathsOf({ paths, listsEmptyPath = false }: RouteMetadata): readonly string[] {
    return listsEmptyPath ? paths : paths.map((path) => path || '/');
  },

  setMessageController(target: object, metadata: MessageControllerMetadata): void {
    Reflect.defineMetadata(MESSAGE_CONTROLLER, metadata, target);
  },

  messageControllerOf(target: object): MessageControllerMetadata | undefined {
    const metadata = readMetadata(MESSAGE_CONTROLLER, target);
    return isMessageController(metadata) ? metadata : undefined;
  },

  addMessage(method: object, message: MessageMetadata): void {
    const present = RouteMetadataAccessor.messagesOf(method);
    Reflect.defineMetadata(MESSAGES, [message, ...present], method);
  },

  messagesOf(method: object): readonly MessageMetadata[] {
    const messages = readMetadata(MESSAGES, method);
    return isListOfMessages(messages) ? messages : [];
  },

  addObservers(target: object, observers: readonly ObserverReference[]): void {
    const present = RouteMetadataAccessor.observersOf(target);
    Reflect.defineMetadata(OBSERVERS, [...observers, ...present], target);
  },

  observersOf(target: object): readonly ObserverReference[] {
    const observers = readMetadata(OBSERVERS, target);
    return isListOfObservers(observers) ? observers : [];
  },

  addDeclared(
    direction: keyof typeof DECLARED,
    target: object,
    messages: readonly DeclaredMessage[],
  ): void {
    const present = RouteMetadataAccessor.declaredOf(direction, target);
    Reflect.defineMetadata(DECLARED[direction], [...messages, ...present], target);
  },

  declaredOf(direction: keyof typeof DECLARED, target: object): readonly DeclaredMessage[] {
    const messages = readMetadata(DECLARED[direction], target);
    return isListOfDeclared(messages) ? messages : [];
  },

  addCloses(target: object, codes: Readonly<Record<number, string>>): void {
    const present = RouteMetadataAccessor.closesOf(target);
    Reflect.defineMetadata(CLOSES, { ...present, ...codes }, target);
  },

  closesOf(target: object): Readonly<Record<number, string>> {
    const codes = readMetadata(CLOSES, target);
    return isCodes(codes) ? codes : {};
  },
};

/** Only `addRoute()` writes under this key. */
function isListOfRoutes(value: unknown): value is readonly RouteMetadata[] {
  return Array.isArray(value);
}

/** Only `setMessageController()` writes under this key. */
function isMessageController(value: unknown): value is MessageControllerMetadata {
  return typeof value === 'object' && value !== null;
}

/** Only `addMessage()` writes under this key. */
function isListOfMessages(value: unknown): value is readonly MessageMetadata[] {
  return Array.isArray(value);
}

/** Only `addObservers()` writes under this key. */
function isListOfObservers(value: unknown): value is readonly ObserverReference[] {
  return Array.isArray(value);
}

/** Only `addDeclared()` writes under these keys. */
function isListOfDeclared(value: unknown): value is readonly DeclaredMessage[] {
  return Array.isArray(value);
}

/** Only `addCloses()` writes under this key. */
function isCodes(value: unknown): value is Readonly<Record<number, string>> {
  return typeof value === 'object' && value !== null;
}
