import {
  ConnectedSocket,
  MessageBody,
  SubscribeMessage,
  WebSocketGateway,
  type OnGatewayConnection,
  type OnGatewayDisconnect,
} from '@nestjs/websockets';
import type { IncomingMessage } from 'node:http';
import type { WebSocket } from 'ws';

import { sleep } from '../../support/deadline.js';
import { Ledger } from './ledger.js';

interface GatewayEvent {
  readonly event: string;
  readonly data: unknown;
}

@WebSocketGateway({ path: '/gateway/:value' })
export class FuzzedGateway implements OnGatewayConnection, OnGatewayDisconnect {
  private readonly releases = new WeakMap<WebSocket, () => void>();

  constructor(private readonly ledger: Ledger) {}

  handleConnection(client: WebSocket, request: IncomingMessage): void {
    this.releases.set(client, this.ledger.hold('client', request.url));
  }

  handleDisconnect(client: WebSocket): void {
    this.releases.get(client)?.();
  }

  @SubscribeMessage('echo')
  echo(@MessageBody() data: unknown): GatewayEvent {
    return { event: 'echo', data };
  }

  @SubscribeMessage('later')
  async later(@MessageBody() data: unknown): Promise<GatewayEvent> {
    await sleep(2);
    return { event: 'later', data };
  }

  /** Writes into its buffer again after it has sent it. */
  @SubscribeMessage('reuse')
  reuse(@MessageBody() data: string, @ConnectedSocket() client: WebSocket): void {
    const buffer = Buffer.from(data);
    client.send(buffer);
    setImmediate(() => buffer.fill('#'));
  }

  @SubscribeMessage('fail')
  fail(): never {
    throw new Error('not for clients');
  }
}
