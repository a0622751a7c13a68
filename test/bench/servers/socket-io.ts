// A Nest gateway on socket.io, which Nest takes by itself where the package is installed.
import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { IoAdapter } from '@nestjs/platform-socket.io';
import {
  MessageBody,
  SubscribeMessage,
  WebSocketGateway,
  WebSocketServer,
} from '@nestjs/websockets';
import { serve } from './control.js';
import { createApp, listenApp } from './listening.js';
import { NEWS_OBJECT } from './news.js';

/** What is used of socket.io. */
interface SocketIo {
  join(room: string): void;
  to(room: string): { emit(event: string, data: unknown): void };
}

@WebSocketGateway()
class EchoGateway {
  @WebSocketServer()
  private readonly server?: SocketIo;

  @SubscribeMessage('echo')
  echo(@MessageBody() message: unknown): { event: string; data: unknown } {
    return { event: 'echo', data: message };
  }

  handleConnection(client: SocketIo): void {
    client.join('all');
  }

  @SubscribeMessage('go')
  tellAll(): void {
    this.server?.to('all').emit('news', NEWS_OBJECT);
  }
}

@Module({ providers: [EchoGateway] })
class GatewayModule {}

serve(async () => {
  const app = await createApp(GatewayModule, 'express');
  app.useWebSocketAdapter(new IoAdapter(app));
  return listenApp(app);
});
