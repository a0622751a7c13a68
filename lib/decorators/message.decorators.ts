import {
  RouteMetadataAccessor,
  type MessageMetadata,
} from '../discovery/route-metadata.accessor.js';

/**
 * Handles messages of one type, or of several. The method's guards, interceptors, pipes, and filters run for each
 * message, in the context `'ws'`; the return value is sent. Allowed only in a class with `@WebSocketController()`.
 *
 * @param given Without a type, the method handles every message that no other method of the class handles, and gets the
 * whole message. A type that is `undefined` is refused at startup.
 */
export function OnMessage(...given: [] | [type: string | readonly string[]]): MethodDecorator {
  return mark({ takes: 'message', ...(given.length > 0 && { types: given.flat() }) });
}

/**
 * Runs when the connection opens, before any message, with an `undefined` body. The return value is sent. Allowed only
 * in a class with `@WebSocketController()`, once per class.
 */
export function OnConnect(): MethodDecorator {
  return mark({ takes: 'connect' });
}

/**
 * Runs once when an open connection ends, after its observers and before its clean-ups. The parameter without a
 * decorator is the {@link ConnectionOutcome}. An error is logged and has no other effect. Allowed only in a class with
 * `@WebSocketController()`, once per class.
 */
export function OnClose(): MethodDecorator {
  return mark({ takes: 'close' });
}

function mark(metadata: MessageMetadata): MethodDecorator {
  return (_target, _key, descriptor: PropertyDescriptor) => {
    const method: unknown = descriptor.value;
    if (typeof method === 'function') RouteMetadataAccessor.addMessage(method, metadata);
  };
}
