import { Controller, type ControllerOptions } from '@nestjs/common';
import {
  RouteMetadataAccessor,
  type MessageControllerPlace,
} from '../discovery/route-metadata.accessor.js';
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
  const controller = controllerAt(place);
  return (target) => {
    controller(target);
    RouteMetadataAccessor.setMessageController(target, { place, options });
  };
}

function controllerAt(place: MessageControllerPlace): ClassDecorator {
  if (typeof place === 'string') return Controller(place);
  if (isList(place)) return Controller([...place]);
  // What else JavaScript gives is refused when the application starts, by the name of its class.
  return typeof place === 'object' && place !== null ? Controller(place) : Controller();
}

function isList(place: MessageControllerPlace): place is readonly string[] {
  return Array.isArray(place);
}
