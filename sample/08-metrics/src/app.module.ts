import { Module } from '@nestjs/common';
import { RevaliWsModule } from 'nestjs-revali-ws';
import { AsyncApiModule } from 'nestjs-revali-ws-asyncapi';

import { ExampleController } from './example.controller.js';
import { MetricsController } from './metrics.controller.js';
import { WebSocketCollector } from './web-socket.collector.js';

@Module({
  imports: [
    RevaliWsModule.forRoot(),
    AsyncApiModule.forRoot({ info: { title: 'Metrics', version: '1.0.0' } }),
  ],
  controllers: [ExampleController, MetricsController],
  providers: [WebSocketCollector],
})
export class AppModule {}
