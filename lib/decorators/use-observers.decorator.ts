import type { Type } from '@nestjs/common';
import { RouteMetadataAccessor } from '../discovery/route-metadata.accessor.js';
import type { WebSocketObserver } from '../observers/web-socket.observer.js';

/**
 * Binds observers to a WebSocket route, or to every route of a controller. A class is taken from the controller's
 * module, or instantiated there with its dependencies; an instance is used as is.
 */
export function UseObservers(
  ...observers: (Type<WebSocketObserver> | WebSocketObserver)[]
): MethodDecorator & ClassDecorator {
  return (target: object, _key?: string | symbol, descriptor?: PropertyDescriptor) => {
    const bound: unknown = descriptor === undefined ? target : descriptor.value;
    if (typeof bound === 'function') RouteMetadataAccessor.addObservers(bound, observers);
  };
}
