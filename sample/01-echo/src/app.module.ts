import { Module } from '@nestjs/common';
import { RevaliWsModule } from 'nestjs-revali-ws';
import { AsyncApiModule } from 'nestjs-revali-ws-asyncapi';

import { ExampleController } from './example.controller.js';

@Module({
  imports: [
    RevaliWsModule.forRoot(),
    // Shows all routes at /async-api, and connects to them. It is off in production.
    AsyncApiModule.forRoot({ info: { title: 'Echo', version: '1.0.0' } }),
  ],
  controllers: [ExampleController],
})
export class AppModule {}
