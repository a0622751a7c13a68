import { Module } from '@nestjs/common';
import { RevaliWsModule } from 'nestjs-revali-ws';
import { AsyncApiModule } from 'nestjs-revali-ws-asyncapi';

import { BoardModule } from './board/board.module.js';

@Module({
  imports: [
    RevaliWsModule.forRoot({ refusal: 'close', maxConnections: 1_000 }),
    AsyncApiModule.forRoot({ info: { title: 'Cursors', version: '1.0.0' } }),
    BoardModule,
  ],
})
export class AppModule {}
