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
        // All that makes one chat of three processes.
        broker: new RedisBroker({ url: process.env.REDIS_URL ?? 'redis://localhost:6379' }),
        // Whose node was killed, and does not come back, has left after this time.
        nodeLease: '5s',
      },
    }),
    AsyncApiModule.forRoot({ info: { title: 'Three nodes', version: '1.0.0' } }),
    ChatModule,
    NodesModule,
  ],
})
export class AppModule {}
