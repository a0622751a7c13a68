import { Body, UsePipes, ValidationPipe } from '@nestjs/common';
import {
  JoinRoom,
  OnClose,
  OnMessage,
  Room,
  WebSocketConnection,
  WebSocketController,
} from 'nestjs-revali-ws';

import type { CursorEvent, Person } from './board.events.js';
import { Hide, Move, Rename } from './board.messages.js';
import { BoardRooms, person } from './board.rooms.js';

@JoinRoom(BoardRooms, ':board')
@WebSocketController('boards/:board', {
  errors: 'reply',
  // The page sends at most 25.
  messageRate: { limit: 50, per: '1s' },
})
@UsePipes(new ValidationPipe({ transform: true, whitelist: true, forbidNonWhitelisted: true }))
export class BoardController {
  constructor(private readonly rooms: BoardRooms) {}

  @OnMessage('move')
  move(
    @Body() { x, y }: Move,
    room: Room<CursorEvent>,
    connection: WebSocketConnection,
  ): Promise<void> {
    const { key } = this.rooms.memberOf(connection);
    return room.broadcast({ type: 'moved', key, x, y }, { except: connection });
  }

  @OnMessage('hide')
  hide(@Body() _: Hide, room: Room<CursorEvent>, connection: WebSocketConnection): Promise<void> {
    return this.gone(room, connection);
  }

  /** Joining again changes how the others see a member that is already in the room. */
  @OnMessage('rename')
  async rename(
    @Body() { name }: Rename,
    room: Room<CursorEvent, Person>,
    connection: WebSocketConnection,
  ): Promise<void> {
    const { key } = this.rooms.memberOf(connection);
    await room.join(connection, { as: person(key, name) });
  }

  /** Immediate, unlike presence, which waits in case the key comes back. */
  @OnClose()
  gone(room: Room<CursorEvent>, connection: WebSocketConnection): Promise<void> {
    const { key } = this.rooms.memberOf(connection);
    return room.broadcast({ type: 'gone', key }, { except: connection });
  }
}
