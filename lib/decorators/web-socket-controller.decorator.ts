import { Controller, type ControllerOptions } from '@nestjs/common';
import { RouteMetadataAccessor } from '../discovery/route-metadata.accessor.js';
import type { WebSocketControllerOptions } from '../options/message.types.js';

/**
 * A controller that serves one WebSocket route, whose messages go to its methods by their type: `@OnMessage()`,
 * `@OnConnect()` and `@OnClose()`. Guards of the class are asked once, at the handshake. Methods with `@Get()` and the
 * like may stand beside.
 *
 * @param place As `@Controller()` takes it: one or several paths, or path, version and host.
 * @param options See {@link WebSocketControllerOptions}. A bad one is refused when the application starts.
 *
 * @example
 * ```ts
 * @WebSocketController('chat/:room')
 * export class ChatController {
 *   @OnMessage('say')
 *   say(@Body() message: Say) {
 *     return { type: 'said', text: message.text };
 *   }
 * }
 * ```
 */
export function WebSocketController(
  place: string | readonly string[] | ControllerOptions = '',
  options: WebSocketControllerOptions = {},
): ClassDecorator {
  const controller = isPlace(place)
    ? Controller(place)
    : Controller(typeof place === 'string' ? place : [...place]);
  return (target) => {
    controller(target);
    const given = isPlace(place) ? place : {};
    RouteMetadataAccessor.setMessageController(target, { place: given, options });
  };
}

function isPlace(
  place: string | readonly string[] | ControllerOptions,
): place is ControllerOptions {
  return typeof place === 'object' && !Array.isArray(place);
}
