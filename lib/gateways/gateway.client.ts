import { WebSocket } from 'ws';
import { RouteSocket } from '../connection/route.socket.js';
import type { GatewayConnection } from './gateway.connection.js';

type SendData = Parameters<WebSocket['send']>[0];
type SendOptions = Parameters<WebSocket['send']>[1];
type SendCallback = (error?: Error) => void;

/** What gateways see as the client: a socket of `ws` whose memory for unread messages is bounded. */
export class GatewayClient extends RouteSocket {
  /** @internal */
  connection: GatewayConnection | undefined;

  /** As with `ws`. What back-pressure drops is told to the callback as an error. */
  override send(data: SendData, callback?: (error?: Error) => void): void;
  override send(data: SendData, options: SendOptions, callback?: (error?: Error) => void): void;
  override send(
    data: SendData,
    optionsOrCallback?: SendOptions | SendCallback,
    lastCallback?: SendCallback,
  ): void {
    const [options, callback] =
      typeof optionsOrCallback === 'function'
        ? [{}, optionsOrCallback]
        : [optionsOrCallback ?? {}, lastCallback];
    const { connection } = this;
    if (!connection || this.readyState !== WebSocket.OPEN) {
      super.send(data, options, callback);
      return;
    }
    // A message in the making is not dropped in parts.
    if (options.fin === undefined && !connection.backlog.admit()) {
      callback?.(new Error('Not sent: the client reads too slowly'));
      return;
    }
    super.send(data, options, (error) => {
      callback?.(error);
      connection.backlog.onFlushed();
    });
    connection.onSent();
  }
}
