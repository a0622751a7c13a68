import type { Type } from '@nestjs/common';
import { MisplacedDecoratorException } from '../errors/message.exceptions.js';
import { isGateway, subscribesToGateway } from '../nest/gateway.explorer.js';
import { isHttpRoute, ownVersion } from '../nest/route.paths.js';
import type { Handler } from './message.route.js';
import { RouteMetadataAccessor } from './route-metadata.accessor.js';

const OF_CLASS =
  'The handshake is that of the class, whose methods share one connection. Put it on the class.';

/**
 * Refuses decorators on a `@WebSocketController`'s methods that would be silently ignored.
 *
 * @throws MisplacedDecoratorException
 */
export function refuseMisplaced(controller: Type<unknown>, handlers: readonly Handler[]): void {
  for (const { methodName, method } of handlers) {
    const where = { controller: controller.name, method: methodName };
    if (subscribesToGateway(method) && !isGateway(controller)) {
      const cure = `${controller.name} is not a gateway, so nobody calls it. Use @OnMessage().`;
      throw new MisplacedDecoratorException(where, '@SubscribeMessage()', cure);
    }
    const decorator = handshakeDecoratorOf(method);
    if (decorator !== undefined) throw new MisplacedDecoratorException(where, decorator, OF_CLASS);
  }
}

/** A decorator that only works on routes, found on a method that is not one. */
function handshakeDecoratorOf(method: Handler['method']): string | undefined {
  const metadata = RouteMetadataAccessor;
  if (metadata.messagesOf(method).length === 0 || metadata.routesOf(method).length > 0)
    return undefined;
  if (metadata.observersOf(method).length > 0) return '@UseObservers()';
  return ownVersion(method) !== undefined && !isHttpRoute(method) ? '@Version()' : undefined;
}
