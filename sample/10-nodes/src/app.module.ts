import { Module } from '@nestjs/common';
import { RevaliWsModule } from 'nestjs-revali-ws';
import { AsyncApiModule } from 'nestjs-revali-ws-asyncapi';
import { RedisBroker } from 'nestjs-revali-ws/redis';

import { ChatModule } from './chat/chat.module.js';
import { NodesModule } from './nodes/nodes.module.js';

@Module({
  imports: [
    RevaliWsModule.forRoot({
      refusal: 'close',
      rooms: {
        // All it takes to turn three processes into one chat.
        broker: new RedisBroker({ url: process.env.REDIS_URL ?? 'redis://localhost:6379' }),
        // A member whose node was killed counts as gone after this time without a reconnect.
        nodeLease: '5s',
      },
    }),
    AsyncApiModule.forRoot({ info: { title: 'Three nodes', version: '1.0.0' } }),
    ChatModule,
    NodesModule,
  ],
})
export class AppModule {}
