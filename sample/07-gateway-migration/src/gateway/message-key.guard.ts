import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import type { WebSocket } from 'ws';

import { KEY } from '../board.service.js';
import { GatewayClients } from './gateway-clients.js';

/** Runs before each message. It stops nobody from connecting and hearing what others say. */
@Injectable()
export class MessageKeyGuard implements CanActivate {
  constructor(private readonly clients: GatewayClients) {}

  canActivate(context: ExecutionContext): boolean {
    const socket = context.switchToWs().getClient<WebSocket>();
    return this.clients.get(socket)?.key === KEY;
  }
}
