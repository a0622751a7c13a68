import type { WebSocketConnection } from 'nestjs-revali-ws';
import { parseText, readRelayCommand } from './relay.command.js';
import { readRelayRequest, RelayFault, type RelayRequest } from './relay.request.js';
import type { RelayedSocket, RelayEvent, Tell } from './relayed.socket.js';

/** How long the first message may take, in ms. */
const FIRST_TIMEOUT = 10_000;
/** How long a session may last without a message in either direction, in ms. */
const IDLE_TIMEOUT = 600_000;

/** @throws RelayFault if the path matches no route of the application. */
export type Dial = (request: RelayRequest, tell: Tell) => RelayedSocket;

/** One page's connection to the relay, and the one connection that it opens. */
export class RelaySession {
  private relayed: RelayedSocket | undefined;
  private timer: NodeJS.Timeout;

  constructor(
    private readonly connection: WebSocketConnection<object>,
    private readonly dial: Dial,
  ) {
    this.timer = setTimeout(() => this.expire('No request came.'), FIRST_TIMEOUT);
    connection.onClose(() => {
      clearTimeout(this.timer);
      this.relayed?.leave();
    });
  }

  /**
   * Returns when the relayed connection has taken the message; until then, the page's next messages wait. No message
   * waits for the request, because a page may close before a guard has decided.
   */
  async receive(text: string): Promise<void> {
    try {
      await (this.relayed ? this.command(this.relayed, text) : this.open(text));
    } catch (error) {
      if (!(error instanceof RelayFault)) throw error;
      await this.tell({ event: 'error', message: error.message });
      if (!this.relayed) this.connection.close(1008, 'No such relay');
    }
  }

  private open(text: string): void {
    const request = readRelayRequest(parseText(text));
    const relayed = this.dial(request, (event) => {
      if (event.event === 'message') this.timer.refresh();
      return this.tell(event);
    });
    this.relayed = relayed;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.expire('Nothing was sent for ten minutes.'), IDLE_TIMEOUT);
    void relayed.over.then(() => this.connection.close(1000, 'The relayed connection is over'));
  }

  private async command(relayed: RelayedSocket, text: string): Promise<void> {
    const command = readRelayCommand(parseText(text));
    this.timer.refresh();
    if ('data' in command) await relayed.send(command.data);
    else relayed.close(command.code, command.reason);
  }

  private expire(message: string): void {
    void this.tell({ event: 'error', message });
    this.connection.close(1001, message);
  }

  private tell(event: RelayEvent): Promise<void> {
    return this.connection.send(JSON.stringify(event));
  }
}
