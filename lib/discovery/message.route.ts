import type { Type } from '@nestjs/common';
import { inspect } from 'node:util';
import {
  DuplicateMessageHandlerException,
  MessageOutsideControllerException,
} from '../errors/message.exceptions.js';
import { InvalidWebSocketOptionException } from '../errors/revali-ws.exceptions.js';
import { checkPlace, resolveControllerOptions } from '../options/message.types.resolver.js';
import type { ResolvedModuleOptions } from '../options/revali-ws.options.resolver.js';
import {
  RouteMetadataAccessor,
  type MessageControllerMetadata,
  type MessageMetadata,
} from './route-metadata.accessor.js';
import type { MessageMethods, RouteDefinition } from './route.definition.js';

/** A method of a controller. */
export interface Handler {
  readonly methodName: string;
  readonly method: (...args: unknown[]) => unknown;
}

type MessageRoute = Pick<
  RouteDefinition,
  'location' | 'where' | 'methodName' | 'options' | 'messages'
>;

/**
 * The route that a `@WebSocketController` declares.
 *
 * @throws DuplicateMessageHandlerException
 * @throws InvalidWebSocketOptionException
 */
export function messageRouteOf(
  { name }: Type<unknown>,
  { place, options }: MessageControllerMetadata,
  handlers: readonly Handler[],
  module: ResolvedModuleOptions,
): MessageRoute {
  checkPlace(name, place);
  const { route, types } = resolveControllerOptions(name, options, module);
  const found = new FoundMethods(name);
  for (const { methodName, method } of handlers) {
    for (const metadata of RouteMetadataAccessor.messagesOf(method))
      found.add(methodName, metadata);
  }
  const messages = { ...types, ...found.all };
  return {
    location: { controller: name },
    where: name,
    methodName: '',
    options: { ...route, triggerOnConnect: messages.onConnect !== undefined },
    messages,
  };
}

/** @throws MessageOutsideControllerException if a method would never get a message. */
export function refuseMessageMethods(
  controller: Type<unknown>,
  handlers: readonly Handler[],
): void {
  const { name } = controller;
  for (const { methodName, method } of handlers) {
    const [metadata] = RouteMetadataAccessor.messagesOf(method);
    if (!metadata) continue;
    const [decorator = ''] = decoratorsOf(metadata);
    throw new MessageOutsideControllerException(
      { controller: name, method: methodName },
      decorator,
      RouteMetadataAccessor.messageControllerOf(controller) !== undefined,
    );
  }
}

/** Which method handles what, without duplicates. */
class FoundMethods {
  /** Keyed by what they handle, as written in the source. */
  private readonly byDecorator = new Map<string, string>();
  private readonly byType = new Map<string, string>();

  constructor(private readonly controller: string) {}

  get all(): Pick<MessageMethods, 'byType' | 'rest' | 'onConnect' | 'onClose'> {
    return {
      byType: this.byType,
      rest: this.byDecorator.get('@OnMessage()'),
      onConnect: this.byDecorator.get('@OnConnect()'),
      onClose: this.byDecorator.get('@OnClose()'),
    };
  }

  add(method: string, metadata: MessageMetadata): void {
    const { types = [] } = metadata;
    this.checkTypes(method, metadata);
    for (const decorator of decoratorsOf(metadata)) {
      const first = this.byDecorator.get(decorator) ?? method;
      if (first !== method) this.refuseSecond(decorator, first, method);
      this.byDecorator.set(decorator, method);
    }
    for (const type of types) this.byType.set(type, method);
  }

  private refuseSecond(decorator: string, first: string, second: string): never {
    const { controller } = this;
    throw new DuplicateMessageHandlerException(
      decorator,
      { controller, method: first },
      { controller, method: second },
    );
  }

  /** JavaScript may pass anything to decorators. */
  private checkTypes(method: string, { types }: { readonly types?: readonly unknown[] }): void {
    const where = `${this.controller}.${method}()`;
    const cure = 'Use one string or a list of them, or nothing to handle all other messages.';
    const refuse = (value: unknown): never => {
      throw new InvalidWebSocketOptionException(where, 'type of @OnMessage()', value, cure);
    };
    if (types?.length === 0) refuse(types);
    for (const type of types ?? []) if (typeof type !== 'string') refuse(type);
  }
}

/** As written in the source, one for each type. */
function decoratorsOf({ takes, types }: MessageMetadata): string[] {
  if (takes === 'connect') return ['@OnConnect()'];
  if (takes === 'close') return ['@OnClose()'];
  const written = types?.map((type) => inspect(type, { maxStringLength: null })) ?? [''];
  return written.map((type) => `@OnMessage(${type})`);
}
