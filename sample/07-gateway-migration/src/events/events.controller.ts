import { Body, DefaultValuePipe, Query, UseFilters, UseGuards } from '@nestjs/common';
import { WsException } from '@nestjs/websockets';
import {
  CleanUp,
  OnConnect,
  OnMessage,
  Sends,
  WebSocketConnection,
  WebSocketController,
} from 'nestjs-revali-ws';

import { EVENT } from '../board.schemas.js';
import { BoardService, LONGEST_NOTICE } from '../board.service.js';
import { HandshakeKeyGuard } from '../route/handshake-key.guard.js';
import { ExceptionEventFilter } from './exception-event.filter.js';

/** The gateway's clients stay as they are: they send the same messages and get the same events. */
@Sends(EVENT)
@UseFilters(ExceptionEventFilter)
@WebSocketController('events', { by: 'event', body: 'data' })
export class EventsController {
  constructor(private readonly board: BoardService) {}

  @OnConnect()
  join(connection: WebSocketConnection, cleanUp: CleanUp): void {
    const send = (event: string, data: unknown): void => void connection.send({ event, data });
    const leave = this.board.join({
      onNotice: (notice) => send('notice', notice),
      onPeople: (count) => send('people', count),
    });
    cleanUp.add(leave);
  }

  /** The guard runs before each message, as the gateway's does. On the class it would run once, at the handshake. */
  @UseGuards(HandshakeKeyGuard)
  @OnMessage('post')
  post(
    @Query('name', new DefaultValuePipe('Somebody')) author: string,
    @Body() text: unknown,
  ): void {
    if (typeof text !== 'string' || text === '') throw new WsException('A notice needs a text');
    if (text.length > LONGEST_NOTICE)
      throw new WsException(`A notice has ${LONGEST_NOTICE} letters at most`);
    this.board.post({ author, text });
  }

  /** A gateway does not answer unknown messages. */
  @OnMessage()
  other(): void {}
}
