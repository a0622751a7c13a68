import { Module } from '@nestjs/common';
import { RevaliWsModule } from 'nestjs-revali-ws';
import { AsyncApiModule } from 'nestjs-revali-ws-asyncapi';
import { RedisBroker } from 'nestjs-revali-ws/redis';

import { ChatModule } from './chat/chat.module.js';

const url = process.env.REDIS_URL;

@Module({
  imports: [
    RevaliWsModule.forRoot({
      // With 'close', the page learns why it was refused; browsers hide an HTTP refusal from pages.
      refusal: 'close',
      maxConnections: 1_000,
      // This process keeps the messages in memory and loses them when it ends. In Redis, they survive a restart.
      ...(url && { rooms: { broker: new RedisBroker({ url }) } }),
    }),
    AsyncApiModule.forRoot({ info: { title: 'Chat', version: '1.0.0' } }),
    ChatModule,
  ],
})
export class AppModule {}
