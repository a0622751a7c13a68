import type { IncomingMessage } from 'node:http';

import { UseGuards } from '@nestjs/common';
import {
  ConnectedSocket,
  MessageBody,
  SubscribeMessage,
  WebSocketGateway,
  WsException,
  type OnGatewayConnection,
  type OnGatewayDisconnect,
} from '@nestjs/websockets';
import { WebSocket } from 'ws';

import { BoardService, LONGEST_NOTICE } from '../board.service.js';
import { GatewayClients } from './gateway-clients.js';
import { MessageKeyGuard } from './message-key.guard.js';

/** The old gateway. Its clients send `{"event":"post","data":"…"}` and get the events `notice` and `people`. */
@WebSocketGateway({ path: '/ws' })
export class BoardGateway implements OnGatewayConnection, OnGatewayDisconnect {
  constructor(
    private readonly board: BoardService,
    private readonly clients: GatewayClients,
  ) {}

  handleConnection(socket: WebSocket, request: IncomingMessage): void {
    const { searchParams } = new URL(request.url ?? '/', 'ws://any');
    const send = (event: string, data: unknown): void =>
      socket.send(JSON.stringify({ event, data }));
    const leave = this.board.join({
      onNotice: (notice) => send('notice', notice),
      onPeople: (count) => send('people', count),
    });
    const [name, key] = [searchParams.get('name') ?? 'Somebody', searchParams.get('key') ?? ''];
    this.clients.set(socket, { name, key, leave });
  }

  handleDisconnect(socket: WebSocket): void {
    this.clients.get(socket)?.leave();
  }

  /** Every exception becomes an `exception` event; the client stays. */
  @UseGuards(MessageKeyGuard)
  @SubscribeMessage('post')
  post(@ConnectedSocket() socket: WebSocket, @MessageBody() text: unknown): void {
    if (typeof text !== 'string' || text === '') throw new WsException('A notice needs a text');
    if (text.length > LONGEST_NOTICE)
      throw new WsException(`A notice has ${LONGEST_NOTICE} letters at most`);
    this.board.post({ author: this.clients.get(socket)?.name ?? 'Somebody', text });
  }
}
