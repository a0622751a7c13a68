import {
  BadRequestException,
  Body,
  Controller,
  DefaultValuePipe,
  Query,
  UseGuards,
} from '@nestjs/common';
import {
  CleanUp,
  CloseWebSocketException,
  Sends,
  WebSocket,
  WebSocketConnection,
} from 'nestjs-revali-ws';

import { NOTICE, PEOPLE } from '../board.schemas.js';
import { BoardService, LONGEST_NOTICE } from '../board.service.js';
import { HandshakeKeyGuard } from './handshake-key.guard.js';

/** The new route. A message is a notice's text; what comes back is a notice, `{"people":…}` or an error. */
@Controller('board')
export class BoardController {
  constructor(private readonly board: BoardService) {}

  @Sends(NOTICE, PEOPLE)
  @UseGuards(HandshakeKeyGuard)
  @WebSocket.mode('twoWay', { triggerOnConnect: true, errors: 'reply' })
  post(
    @Query('name', new DefaultValuePipe('Somebody')) author: string,
    connection: WebSocketConnection,
    cleanUp: CleanUp,
    @Body() text?: string,
  ): void {
    if (text === undefined) {
      this.join(connection, cleanUp);
      return;
    }
    // With `errors: 'reply'`, the client gets the error and stays; a close exception disconnects it.
    if (text === '') throw new BadRequestException('A notice needs a text');
    if (text.length > LONGEST_NOTICE)
      throw new CloseWebSocketException(1009, `A notice has ${LONGEST_NOTICE} letters at most`);
    this.board.post({ author, text });
  }

  /** `handleConnection` and `handleDisconnect` in one: returns what to do when the client leaves. */
  private join(connection: WebSocketConnection, cleanUp: CleanUp): void {
    const leave = this.board.join({
      onNotice: (notice) => void connection.send(notice),
      onPeople: (people) => void connection.send({ people }),
    });
    cleanUp.add(leave);
  }
}
