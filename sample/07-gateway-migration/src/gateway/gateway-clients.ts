import { Injectable } from '@nestjs/common';
import type { WebSocket } from 'ws';

export interface GatewayClient {
  name: string;
  key: string;
  leave: () => void;
}

/** What `handleConnection` learned from the request: message handlers and guards only get the socket. */
@Injectable()
export class GatewayClients extends WeakMap<WebSocket, GatewayClient> {}
