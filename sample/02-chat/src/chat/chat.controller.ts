import { Body, UseGuards, UsePipes, ValidationPipe } from '@nestjs/common';
import {
  Closes,
  JoinedRoom,
  JoinRoom,
  OnConnect,
  OnMessage,
  Room,
  Sends,
  WebSocketConnection,
  WebSocketController,
} from 'nestjs-revali-ws';

import type { IsTyping, Said, Welcome } from './chat.events.js';
import { Say, Typing } from './chat.messages.js';
import { ChatRooms, TypingRooms } from './chat.rooms.js';
import { WELCOME } from './chat.schemas.js';
import { JoinGuard } from './join.guard.js';

// Whoever comes in gets what was said last, and then what is said: nothing is missing between them, and nothing
// comes twice. A member that reads slowly delays no other: it catches up with the history when it can.
@JoinRoom(ChatRooms, ':room', { replay: 50 })
@JoinRoom(TypingRooms, ':room')
@WebSocketController('chat/:room', {
  // A message that is not valid is answered with {"error": …}, and its sender stays.
  errors: 'reply',
  messageRate: { limit: 50, per: '10s' },
})
@Closes({ 4400: 'The name or the room is not valid' })
@UseGuards(JoinGuard)
@UsePipes(new ValidationPipe({ transform: true, whitelist: true, forbidNonWhitelisted: true }))
export class ChatController {
  constructor(private readonly rooms: ChatRooms) {}

  @OnConnect()
  @Sends(WELCOME)
  welcome(connection: WebSocketConnection): Welcome {
    return { type: 'welcome', you: this.rooms.memberOf(connection) };
  }

  @OnMessage('say')
  say(
    @Body() { text }: Say,
    @JoinedRoom(ChatRooms) room: Room<Said>,
    connection: WebSocketConnection,
  ): Promise<void> {
    const from = this.rooms.memberOf(connection);
    return room.broadcast({ type: 'said', from, text, at: new Date().toISOString() });
  }

  @OnMessage('typing')
  typing(
    @Body() _: Typing,
    @JoinedRoom(TypingRooms) room: Room<IsTyping>,
    connection: WebSocketConnection,
  ): Promise<void> {
    const { name } = this.rooms.memberOf(connection);
    return room.broadcast({ type: 'typing', name }, { except: connection });
  }
}
