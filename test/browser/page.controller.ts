import { Body, Controller, Get, Header, Req, UseGuards, type CanActivate } from '@nestjs/common';
import type { IncomingMessage } from 'node:http';
import { WebSocket, WebSocketConnection } from 'nestjs-revali-ws';
import { SOCKET_PAGE } from './socket-page.js';

/** Of Express, or of Fastify with Node's own in it. */
type PlatformRequest = IncomingMessage & { readonly raw?: IncomingMessage };

class Nobody implements CanActivate {
  canActivate(): boolean {
    return false;
  }
}

/** A page and what it connects to. */
@Controller()
export class PageController {
  @Get()
  @Header('content-type', 'text/html')
  page(): string {
    return SOCKET_PAGE;
  }

  /** Answers with what it came by: a port of the client is one TCP connection. */
  @WebSocket('echo')
  echo(@Body() message: string, @Req() request: PlatformRequest): string {
    const { httpVersion, socket } = request.raw ?? request;
    return `${message} over ${httpVersion} from ${socket.remotePort}`;
  }

  @WebSocket('bye')
  bye(@Body() message: string, connection: WebSocketConnection): void {
    connection.close(4321, message);
  }

  @WebSocket('refused')
  @UseGuards(Nobody)
  refused(): void {}
}
