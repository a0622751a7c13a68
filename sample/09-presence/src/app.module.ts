import { Module } from '@nestjs/common';
import { RevaliWsModule } from 'nestjs-revali-ws';

import { BoardModule } from './board/board.module.js';

@Module({
  imports: [RevaliWsModule.forRoot({ refusal: 'close', maxConnections: 1_000 }), BoardModule],
})
export class AppModule {}
