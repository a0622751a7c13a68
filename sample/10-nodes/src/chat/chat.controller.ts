import { Body, UseGuards, UsePipes, ValidationPipe } from '@nestjs/common';
import {
  JoinedRoom,
  JoinRoom,
  OnConnect,
  OnMessage,
  Room,
  WebSocketConnection,
  WebSocketController,
} from 'nestjs-revali-ws';

import { ALL_NODES, NodesRooms } from '../nodes/nodes.rooms.js';
import { thisNode } from '../nodes/this.node.js';
import type { Said, Seen, Welcome, WhoEvent } from './chat.events.js';
import { Say } from './chat.messages.js';
import { ChatRooms } from './chat.rooms.js';
import { JoinGuard } from './join.guard.js';

// Two rooms on one connection: `revali.v1` tells the page which room a message is from.
@JoinRoom(ChatRooms, ':room', { replay: 50 })
@JoinRoom(NodesRooms, () => ALL_NODES, { replay: 50 })
@WebSocketController('chat/:room', {
  errors: 'reply',
  messageRate: { limit: 100, per: '10s' },
})
@UseGuards(JoinGuard)
@UsePipes(new ValidationPipe({ transform: true, whitelist: true, forbidNonWhitelisted: true }))
export class ChatController {
  constructor(private readonly rooms: ChatRooms) {}

  @OnConnect()
  welcome(
    connection: WebSocketConnection<Welcome | WhoEvent>,
    @JoinedRoom(ChatRooms) room: Room<Said, Seen>,
  ): Welcome {
    const watching = room.watch().subscribe((change) => void connection.send(change));
    connection.onClose(() => watching.unsubscribe());
    return { type: 'welcome', you: this.rooms.memberOf(connection), nodes: thisNode.all };
  }

  /** With the page's id, a message is accepted once, however often and through whichever node it is sent. */
  @OnMessage('say')
  say(
    @Body() { id, text }: Say,
    @JoinedRoom(ChatRooms) room: Room<Said>,
    connection: WebSocketConnection,
  ): Promise<void> {
    const from = this.rooms.memberOf(connection);
    return room.broadcast({ type: 'said', id, from, text }, { id });
  }
}
