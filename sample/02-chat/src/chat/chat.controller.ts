import { Body, Param, Query, UseGuards, UsePipes, ValidationPipe } from '@nestjs/common';
import {
  CleanUp,
  CloseWebSocketException,
  OnConnect,
  OnMessage,
  WebSocketConnection,
  WebSocketController,
} from 'nestjs-revali-ws';

import type { Welcome } from './chat.events.js';
import { Say, Typing } from './chat.messages.js';
import { JoinGuard } from './join.guard.js';
import { Rooms } from './rooms.js';

const NAME_TAKEN = 4409;

@WebSocketController('chat/:room', {
  // A message that is not valid is answered with {"error": …}, and its sender stays.
  errors: 'reply',
  messageRate: { limit: 50, per: '10s' },
  // Nobody waits for the sends of a broadcast. Each connection has a queue of its own, so a client that reads
  // slowly delays no other; one that is this far behind is closed with 1008, and catches up with the history.
  backpressure: { policy: 'close', highWaterMark: 256 * 1024 },
})
@UseGuards(JoinGuard)
@UsePipes(new ValidationPipe({ transform: true, whitelist: true, forbidNonWhitelisted: true }))
export class ChatController {
  constructor(private readonly rooms: Rooms) {}

  @OnConnect()
  join(
    @Param('room') roomName: string,
    @Query('name') name: string,
    connection: WebSocketConnection,
    cleanUp: CleanUp,
  ): Welcome {
    const room = this.rooms.at(roomName);
    // Not in the guard: of two handshakes at once both would find the name free.
    if (room.has(name)) throw new CloseWebSocketException(NAME_TAKEN, `${name} is already here`);
    // @OnClose() would also run for those who were just refused, and take the name from its owner.
    cleanUp.add(room.join(name, connection));
    return { type: 'welcome', members: room.names, history: room.history };
  }

  @OnMessage('say')
  say(@Body() { text }: Say, @Param('room') roomName: string, @Query('name') name: string): void {
    this.rooms.at(roomName).say(name, text);
  }

  @OnMessage('typing')
  typing(@Body() _: Typing, @Param('room') roomName: string, @Query('name') name: string): void {
    this.rooms.at(roomName).typing(name);
  }
}
