import { Controller, Param } from '@nestjs/common';
import { WebSocket } from 'nestjs-revali-ws';
import type { Observable } from 'rxjs';

import type { WhoEvent } from './board.events.js';
import { BoardRooms } from './board.rooms.js';

@Controller('boards')
export class WhoController {
  constructor(private readonly rooms: BoardRooms) {}

  /** Watching does not make you a member. */
  @WebSocket(':board/who', { mode: 'sendOnly' })
  who(@Param('board') board: string): Observable<WhoEvent> {
    return this.rooms.at(board).watch();
  }
}
