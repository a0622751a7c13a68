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

// A new member gets the latest messages and then the live ones, without gaps or duplicates. A slow reader
// delays nobody else: it catches up from the history when it can.
@JoinRoom(ChatRooms, ':room', { replay: 50 })
@JoinRoom(TypingRooms, ':room')
@WebSocketController('chat/:room', {
  // An invalid message is answered with {"error": …}, and its sender stays connected.
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
