import {
  declaredMessage,
  type MessageDescription,
  type MessageType,
} from '../discovery/message.description.js';
import {
  at,
  InvalidWebSocketOptionException,
  type FaultLocation,
} from '../errors/revali-ws.exceptions.js';
import { RouteMetadataAccessor } from '../discovery/route-metadata.accessor.js';

/**
 * Declares what clients may send, for documents and generated clients. It does not change how messages are read. Use it
 * on a method, or on a class for all of its routes.
 *
 * @param messages Classes, standard schemas, JSON Schemas, `String` or `Buffer`; or one of them with a
 * {@link MessageDescription}.
 * @throws InvalidWebSocketOptionException for what is none of them.
 */
export function Receives(
  ...messages: (MessageType | MessageDescription)[]
): MethodDecorator & ClassDecorator {
  return declare((target, where) => {
    assertMessages(messages, where, '@Receives()');
    RouteMetadataAccessor.addDeclared('receives', target, messages.map(declaredMessage));
  });
}

/**
 * Declares what the server sends, for documents and generated clients: handlers' results, and messages sent in any
 * other way. Use it on a method, on a class for all of its routes, or on a class with `@WebSocketRooms()`.
 *
 * @param messages The same as for {@link Receives}.
 * @throws InvalidWebSocketOptionException for anything else
 */
export function Sends(
  ...messages: (MessageType | MessageDescription)[]
): MethodDecorator & ClassDecorator {
  return declare((target, where) => {
    assertMessages(messages, where, '@Sends()');
    RouteMetadataAccessor.addDeclared('sends', target, messages.map(declaredMessage));
  });
}

/**
 * Declares which close codes the application sends, and why. Use it on a method, or on a class for all of its routes.
 *
 * @param codes Texts by close code. A code that must not be sent is refused at startup.
 *
 * @example
 * ```ts
 * @Closes({ 4409: 'The name is taken' })
 * ```
 */
export function Closes(codes: Readonly<Record<number, string>>): MethodDecorator & ClassDecorator {
  return declare((target) => {
    RouteMetadataAccessor.addCloses(target, codes);
  });
}

type Write = (target: object, where: FaultLocation) => void;

function declare(write: Write): MethodDecorator & ClassDecorator {
  return (target: object, key?: string | symbol, descriptor?: PropertyDescriptor) => {
    const bound: unknown = descriptor === undefined ? target : descriptor.value;
    if (typeof bound !== 'function') return;
    const controller = typeof target === 'function' ? target.name : target.constructor.name;
    write(bound, key === undefined ? { controller } : { controller, method: String(key) });
  };
}

/** Classes are `undefined` here while the files of both import each other. */
function assertMessages(messages: readonly unknown[], where: FaultLocation, word: string): void {
  const index = messages.findIndex((message) => !isObject(message));
  if (index < 0) return;
  throw new InvalidWebSocketOptionException(
    at(where),
    `message of ${word}`,
    messages[index],
    'Use a class, a schema, String or Buffer. A class is undefined where two files import each other: move it to a file of its own.',
  );
}

function isObject(value: unknown): boolean {
  return (typeof value === 'object' && value !== null) || typeof value === 'function';
}
