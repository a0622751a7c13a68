import { Module } from '@nestjs/common';
import { RevaliWsModule } from 'nestjs-revali-ws';
import { AsyncApiModule } from 'nestjs-revali-ws-asyncapi';
import { RedisBroker } from 'nestjs-revali-ws/redis';

import { ChatModule } from './chat/chat.module.js';

const url = process.env.REDIS_URL;

@Module({
  imports: [
    RevaliWsModule.forRoot({
      // With 'close' the page is told why it may not come in; a browser shows an HTTP refusal to nobody.
      refusal: 'close',
      maxConnections: 1_000,
      // What was said is in the memory of this process, and gone with it; in a Redis it outlives a restart.
      ...(url && { rooms: { broker: new RedisBroker({ url }) } }),
    }),
    AsyncApiModule.forRoot({ info: { title: 'Chat', version: '1.0.0' } }),
    ChatModule,
  ],
})
export class AppModule {}
