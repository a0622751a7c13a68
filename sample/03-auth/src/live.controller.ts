import { Body, Controller, UseGuards } from '@nestjs/common';
import type { Request } from 'express';
import { Closes, JoinRoom, Room, Sends, WebSocket } from 'nestjs-revali-ws';

import { BEARER } from './bearer-token.js';
import { CurrentIdentity, type Identity } from './identity.js';
import { OpenConnections } from './open-connections.js';
import { Roles, RolesGuard } from './roles.guard.js';
import { SignedInGuard } from './signed-in.guard.js';
import { EVERYBODY, TalkRooms } from './talk.rooms.js';

const options = {
  triggerOnConnect: true,
  protocols: [BEARER],
  // Guards run at the handshake. When the token they saw expires, this closes the connection with 4401.
  expires: ({ user }: Request) => user?.expiresAt,
};

@Controller('live')
@Closes({ 4401: 'Sign in first', 4403: 'Only for other roles' })
@UseGuards(SignedInGuard, RolesGuard)
export class LiveController {
  constructor(private readonly connections: OpenConnections) {}

  /** Greets on connect, and passes what a member says to everyone. */
  @Roles(['member'])
  @JoinRoom(TalkRooms, () => EVERYBODY)
  @WebSocket('member', options)
  @Sends({ title: 'Text', type: 'string' })
  async talk(
    @CurrentIdentity() { name, by }: Identity,
    room: Room<string>,
    @Body() message?: string,
  ): Promise<string | undefined> {
    if (message === undefined) return `Hello, ${name}: the ${by} let you in.`;
    await room.broadcast(`${name}: ${message}`);
    return undefined;
  }

  /** Tells who is connected, on connect and on each message. */
  @Roles(['admin'])
  @WebSocket('admin', options)
  watch(): string {
    return this.connections.describe().join('\n');
  }
}
