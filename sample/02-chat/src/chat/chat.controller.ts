import { Body, Controller, Param, Query, UseGuards } from '@nestjs/common';
import { CleanUp, CloseWebSocketException, WebSocket, WebSocketConnection } from 'nestjs-revali-ws';

import { Say, Typing, type ChatCommand } from './chat.commands.js';
import type { Welcome } from './chat.events.js';
import { DiscriminatedPipe } from './discriminated.pipe.js';
import { JoinGuard } from './join.guard.js';
import type { Room } from './room.js';
import { Rooms } from './rooms.js';

const NAME_TAKEN = 4409;

@Controller('chat')
@UseGuards(JoinGuard)
export class ChatController {
  constructor(private readonly rooms: Rooms) {}

  @WebSocket(':room', {
    triggerOnConnect: true,
    format: 'json',
    // A message that is not valid is answered with {"error": …}, and its sender stays.
    errors: 'reply',
    messageRate: { limit: 50, per: '10s' },
    // Nobody waits for the sends of a broadcast. Each connection has a queue of its own, so a client that reads
    // slowly delays no other; one that is this far behind is closed with 1008, and catches up with the history.
    backpressure: { policy: 'close', highWaterMark: 256 * 1024 },
  })
  chat(
    @Param('room') roomName: string,
    @Query('name') name: string,
    @Body(new DiscriminatedPipe({ say: Say, typing: Typing })) command: ChatCommand | undefined,
    connection: WebSocketConnection,
    cleanUp: CleanUp,
  ): Welcome | undefined {
    const room = this.rooms.at(roomName);
    switch (command?.type) {
      case undefined: // On connect there is no message yet.
        return this.join(room, name, connection, cleanUp);
      case 'say':
        room.say(name, command.text);
        return undefined;
      case 'typing':
        room.typing(name);
        return undefined;
    }
  }

  private join(
    room: Room,
    name: string,
    connection: WebSocketConnection,
    cleanUp: CleanUp,
  ): Welcome {
    // Not in the guard: of two handshakes at once both would find the name free.
    if (room.has(name)) throw new CloseWebSocketException(NAME_TAKEN, `${name} is already here`);
    cleanUp.add(room.join(name, connection));
    return { type: 'welcome', members: room.names, history: room.history };
  }
}
