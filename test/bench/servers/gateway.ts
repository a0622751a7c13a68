// Nest gateways.  gateway.js [--adapter stock|ours]
import 'reflect-metadata';
import { Module, UseGuards, UseInterceptors } from '@nestjs/common';
import { WsAdapter } from '@nestjs/platform-ws';
import { MessageBody, SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { RevaliWsAdapter } from 'nestjs-revali-ws';
import { parseArgs } from 'node:util';
import { serve } from './control.js';
import { AllowGuard, SameInterceptor, SamePipe } from './enhancers.js';
import { createApp, listenApp } from './listening.js';

const { values } = parseArgs({ options: { adapter: { type: 'string', default: 'stock' } } });

@WebSocketGateway({ path: '/plain' })
class PlainGateway {
  @SubscribeMessage('echo')
  echo(@MessageBody() message: unknown): unknown {
    return message;
  }
}

@WebSocketGateway({ path: '/enhanced' })
@UseGuards(AllowGuard)
@UseInterceptors(SameInterceptor)
class EnhancedGateway {
  @SubscribeMessage('echo')
  echo(@MessageBody(SamePipe) message: unknown): unknown {
    return message;
  }
}

@Module({ providers: [PlainGateway, EnhancedGateway] })
class GatewayModule {}

serve(async () => {
  const app = await createApp(GatewayModule, 'express');
  const Adapter = values.adapter === 'ours' ? RevaliWsAdapter : WsAdapter;
  app.useWebSocketAdapter(new Adapter(app));
  return listenApp(app);
});
