import type { WebSocketMode, WebSocketRouteOptions } from './revali-ws.options.js';

/**
 * Tells the type of a message, at once: it is not async. `undefined`, or anything but a string, means none.
 *
 * @param message As the option `format` reads it: with `'auto'` an object or array where the text is one, else the
 * text. It comes from the client.
 */
export type MessageTypeReader = (message: unknown) => string | undefined;

/** Options of `@WebSocketController()`. */
export interface WebSocketControllerOptions extends Omit<
  WebSocketRouteOptions,
  'mode' | 'triggerOnConnect'
> {
  /** `twoWay`, or `receiveOnly`: what the handlers return is dropped. Default: `twoWay`. */
  readonly mode?: Exclude<
    WebSocketMode | `${WebSocketMode}`,
    WebSocketMode.sendOnly | `${WebSocketMode.sendOnly}`
  >;
  /** The property of a message that names its type, or a function that tells it. Default: `'type'`. */
  readonly by?: string | MessageTypeReader;
  /** The property of a message that is the body of its handler. Default: the whole message. */
  readonly body?: string;
}

/** How messages are told apart. */
export interface ResolvedMessageTypes {
  /** The property that names the type, or a function that tells it. */
  readonly by: string | MessageTypeReader;
  /** The property that is the body; `undefined` for the whole message. */
  readonly body: string | undefined;
}
