import { Injectable } from '@nestjs/common';
import type { WebSocket } from 'ws';

export interface GatewayClient {
  name: string;
  key: string;
  leave: () => void;
}

/** What `handleConnection` learnt from the request: messages and guards get no more than the socket. */
@Injectable()
export class GatewayClients extends WeakMap<WebSocket, GatewayClient> {}
