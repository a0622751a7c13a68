import {
  RouteMetadataAccessor,
  type MessageMetadata,
} from '../discovery/route-metadata.accessor.js';

/**
 * Takes the messages of a type, or of several. Guards, interceptors, pipes and filters of the method run for each of
 * them, in the context `'ws'`; what it returns is sent. Only in a class with `@WebSocketController()`.
 *
 * @param given No type: takes what no other method of the class takes, as the whole message. A type that is `undefined`
 * is refused when the application starts.
 */
export function OnMessage(...given: [] | [type: string | readonly string[]]): MethodDecorator {
  return mark({ takes: 'message', ...(given.length > 0 && { types: given.flat() }) });
}

/**
 * Runs when the connection has opened, before any message, with an `undefined` body. What it returns is sent. Only in
 * a class with `@WebSocketController()`, and once there.
 */
export function OnConnect(): MethodDecorator {
  return mark({ takes: 'connect' });
}

/**
 * Runs once when an open connection ends, after its observers and before its clean-ups. The parameter without a
 * decorator is the {@link ConnectionOutcome}. What it throws is logged and changes nothing. Only in a class with
 * `@WebSocketController()`, and once there.
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
