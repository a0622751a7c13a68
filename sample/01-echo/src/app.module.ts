import { Module } from '@nestjs/common';
import { RevaliWsModule } from 'nestjs-revali-ws';
import { AsyncApiModule } from 'nestjs-revali-ws-asyncapi';

import { ExampleController } from './example.controller.js';

@Module({
  imports: [
    RevaliWsModule.forRoot(),
    // Lists all routes at /async-api and can connect to them. Off in production.
    AsyncApiModule.forRoot({ info: { title: 'Echo', version: '1.0.0' } }),
  ],
  controllers: [ExampleController],
})
export class AppModule {}
