import { Module } from '@nestjs/common';
import { RevaliWsModule } from 'nestjs-revali-ws';
import { AsyncApiModule } from 'nestjs-revali-ws-asyncapi';

import { PollController } from './poll.controller.js';
import { PollService } from './poll.service.js';

@Module({
  imports: [
    RevaliWsModule.forRoot(),
    AsyncApiModule.forRoot({ info: { title: 'Lunch poll', version: '1.0.0' } }),
  ],
  controllers: [PollController],
  providers: [PollService],
})
export class AppModule {}
