import { channel } from 'node:diagnostics_channel';
import type { WebSocketConnection } from '../handles/connection.handles.js';
import type { ConnectionOutcome } from '../observers/web-socket.observer.js';

/** Published on `nestjs-revali-ws:connection.opened` when a connection opens, before anything is sent or handled. */
export interface ConnectionOpenedEvent {
  /** Such as `ChatController.join()`. */
  readonly route: string;
  /** The same object in all events of one connection. */
  readonly connection: WebSocketConnection;
}

/**
 * Published on `nestjs-revali-ws:connection.ended`, before the close frame of a connection, or after the refusal of a
 * handshake whose route is known.
 */
export interface ConnectionEndedEvent extends ConnectionOpenedEvent {
  /** As observers see it. */
  readonly outcome: ConnectionOutcome;
}

/**
 * Published on `nestjs-revali-ws:message.handled` when a handler call has ended, even if it failed, and its results are
 * being sent.
 */
export interface MessageHandledEvent extends ConnectionOpenedEvent {
  /** Milliseconds from the start of the handler's interceptors and pipes to the end of its results. */
  readonly durationMs: number;
  /** The type of the message, if the called method's `@OnMessage()` names it. Never a name that a client made up. */
  readonly type?: string;
}

/**
 * Channels of `node:diagnostics_channel`. Without subscribers, nothing is published, and no time is measured. An error
 * in a subscriber is an uncaught exception, as Node defines it.
 */
export const channels = {
  /** {@link ConnectionOpenedEvent} */
  opened: channel('nestjs-revali-ws:connection.opened'),
  /** {@link ConnectionEndedEvent} */
  ended: channel('nestjs-revali-ws:connection.ended'),
  /** {@link MessageHandledEvent} */
  handled: channel('nestjs-revali-ws:message.handled'),
} as const;

export function publishEnd(
  route: string,
  connection: WebSocketConnection,
  outcome: ConnectionOutcome,
): void {
  if (channels.ended.hasSubscribers) channels.ended.publish({ route, connection, outcome });
}

export function publishHandled(
  route: string,
  connection: WebSocketConnection,
  durationMs: number,
  type: string | undefined,
): void {
  channels.handled.publish({
    route,
    connection,
    durationMs,
    ...(type !== undefined && { type }),
  });
}
