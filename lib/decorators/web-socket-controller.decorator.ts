import { Controller, type ControllerOptions } from '@nestjs/common';
import {
  RouteMetadataAccessor,
  type MessageControllerPlace,
} from '../discovery/route-metadata.accessor.js';
import type { WebSocketControllerOptions } from '../options/message.types.js';

/**
 * A controller that serves one WebSocket route and dispatches its messages by type to `@OnMessage()` methods, with
 * `@OnConnect()` and `@OnClose()` for both ends of a connection. Guards of the class run once, at the handshake. The
 * class may also have HTTP methods, such as `@Get()`.
 *
 * @param place The same as for `@Controller()`: one or several paths, or path, version, and host.
 * @param options See {@link WebSocketControllerOptions}. An invalid option is refused at startup.
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
  const controller = controllerAt(place);
  return (target) => {
    controller(target);
    RouteMetadataAccessor.setMessageController(target, { place, options });
  };
}

function controllerAt(place: MessageControllerPlace): ClassDecorator {
  if (typeof place === 'string') return Controller(place);
  if (isList(place)) return Controller([...place]);
  // Any other value from JavaScript is refused at startup, with the name of its class.
  return typeof place === 'object' && place !== null ? Controller(place) : Controller();
}

function isList(place: MessageControllerPlace): place is readonly string[] {
  return Array.isArray(place);
}
