import {
  declaredMessage,
  type MessageDescription,
  type MessageType,
} from '../discovery/message.description.js';
import { RouteMetadataAccessor } from '../discovery/route-metadata.accessor.js';

/**
 * Declares what clients may send, for documents and generated clients. It does not change how messages are read. Use it
 * on a method, or on a class for all of its routes.
 *
 * @param messages Classes, standard schemas, JSON Schemas, `String` or `Buffer`; or one of them with a
 * {@link MessageDescription}.
 */
export function Receives(
  ...messages: (MessageType | MessageDescription)[]
): MethodDecorator & ClassDecorator {
  return declare((target) => {
    RouteMetadataAccessor.addDeclared('receives', target, messages.map(declaredMessage));
  });
}

/**
 * Declares what the server sends, for documents and generated clients: handlers' results, and messages sent in any
 * other way. Use it on a method, on a class for all of its routes, or on a class with `@WebSocketRooms()`.
 *
 * @param messages The same as for {@link Receives}.
 */
export function Sends(
  ...messages: (MessageType | MessageDescription)[]
): MethodDecorator & ClassDecorator {
  return declare((target) => {
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

function declare(write: (target: object) => void): MethodDecorator & ClassDecorator {
  return (target: object, _key?: string | symbol, descriptor?: PropertyDescriptor) => {
    const bound: unknown = descriptor === undefined ? target : descriptor.value;
    if (typeof bound === 'function') write(bound);
  };
}
