// A Nest gateway on socket.io, which Nest takes by itself where the package is installed.
import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { IoAdapter } from '@nestjs/platform-socket.io';
import { MessageBody, SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { serve } from './control.js';
import { createApp, listenApp } from './listening.js';

@WebSocketGateway()
class EchoGateway {
  @SubscribeMessage('echo')
  echo(@MessageBody() message: unknown): { event: string; data: unknown } {
    return { event: 'echo', data: message };
  }
}

@Module({ providers: [EchoGateway] })
class GatewayModule {}

serve(async () => {
  const app = await createApp(GatewayModule, 'express');
  app.useWebSocketAdapter(new IoAdapter(app));
  return listenApp(app);
});
