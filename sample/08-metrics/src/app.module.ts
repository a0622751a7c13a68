import { Module } from '@nestjs/common';
import { RevaliWsModule } from 'nestjs-revali-ws';

import { ExampleController } from './example.controller.js';
import { MetricsController } from './metrics.controller.js';
import { WebSocketCollector } from './web-socket.collector.js';

@Module({
  imports: [RevaliWsModule.forRoot()],
  controllers: [ExampleController, MetricsController],
  providers: [WebSocketCollector],
})
export class AppModule {}
