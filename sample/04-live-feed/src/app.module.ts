import { Module } from '@nestjs/common';
import { RevaliWsModule } from 'nestjs-revali-ws';

import { FeedModule } from './feed/feed.module.js';

@Module({ imports: [RevaliWsModule.forRoot({ maxConnections: 100 }), FeedModule] })
export class AppModule {}
