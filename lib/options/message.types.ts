import type { WebSocketMode, WebSocketRouteOptions } from './revali-ws.options.js';

/**
 * Returns the type of a message. It must be synchronous. `undefined`, or anything but a string, means no type.
 *
 * @param message The message as the option `format` reads it: with `'auto'`, an object or array if the text is JSON for
 * one, else the text. It comes from the client.
 */
export type MessageTypeReader = (message: unknown) => string | undefined;

/** Options of `@WebSocketController()`. */
export interface WebSocketControllerOptions extends Omit<
  WebSocketRouteOptions,
  'mode' | 'triggerOnConnect'
> {
  /** `twoWay`, or `receiveOnly` to drop what the handlers return. Default: `twoWay`. */
  readonly mode?: Exclude<
    WebSocketMode | `${WebSocketMode}`,
    WebSocketMode.sendOnly | `${WebSocketMode.sendOnly}`
  >;
  /** The property that holds a message's type, or a function that returns the type. Default: `'type'`. */
  readonly by?: string | MessageTypeReader;
  /** The property that holds the handler's body. Default: the whole message. */
  readonly body?: string;
}

/** How messages are told apart. */
export interface ResolvedMessageTypes {
  /** The property that holds the type, or a function that returns it. */
  readonly by: string | MessageTypeReader;
  /** The property that holds the body; `undefined` for the whole message. */
  readonly body: string | undefined;
}
