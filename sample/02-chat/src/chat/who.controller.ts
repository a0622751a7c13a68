import { Controller, Param, UseGuards } from '@nestjs/common';
import { WebSocket } from 'nestjs-revali-ws';
import type { Observable } from 'rxjs';

import type { WhoEvent } from './chat.events.js';
import { ChatRooms } from './chat.rooms.js';
import { JoinGuard } from './join.guard.js';

/** Who is here, and then who comes and goes. All watchers of a room share one subscription. */
@Controller('chat')
@UseGuards(JoinGuard)
export class WhoController {
  constructor(private readonly rooms: ChatRooms) {}

  @WebSocket(':room/who', { mode: 'sendOnly' })
  who(@Param('room') room: string): Observable<WhoEvent> {
    return this.rooms.at(room).watch();
  }
}
