import { Body, Controller, UseGuards } from '@nestjs/common';
import { Closes, WebSocket } from 'nestjs-revali-ws';

import { BEARER } from './bearer-token.js';
import { CurrentIdentity, type Identity } from './identity.js';
import { OpenConnections } from './open-connections.js';
import { Roles, RolesGuard } from './roles.guard.js';
import { SignedInGuard } from './signed-in.guard.js';

@Controller('live')
@Closes({ 4401: 'Sign in first', 4403: 'Only for other roles' })
@UseGuards(SignedInGuard, RolesGuard)
export class LiveController {
  constructor(private readonly connections: OpenConnections) {}

  @Roles(['member'])
  @WebSocket('member', { triggerOnConnect: true, protocols: [BEARER] })
  talk(@CurrentIdentity() { name, by }: Identity, @Body() message?: string): string {
    return message === undefined ? `Hello, ${name}: the ${by} let you in.` : `${name}: ${message}`;
  }

  /** Who is connected, on connect and on each message. */
  @Roles(['admin'])
  @WebSocket('admin', { triggerOnConnect: true, protocols: [BEARER] })
  watch(): string {
    return this.connections.describe().join('\n');
  }
}
