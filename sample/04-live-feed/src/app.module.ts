import { Module } from '@nestjs/common';
import { RevaliWsModule } from 'nestjs-revali-ws';
import { AsyncApiModule } from 'nestjs-revali-ws-asyncapi';

import { FeedModule } from './feed/feed.module.js';

@Module({
  imports: [
    RevaliWsModule.forRoot({ maxConnections: 100 }),
    AsyncApiModule.forRoot({ info: { title: 'Live feed', version: '1.0.0' } }),
    FeedModule,
  ],
})
export class AppModule {}
