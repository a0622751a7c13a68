import { Module } from '@nestjs/common';
import { RevaliWsModule } from 'nestjs-revali-ws';

import { PollController } from './poll.controller.js';
import { PollService } from './poll.service.js';

@Module({
  imports: [RevaliWsModule.forRoot()],
  controllers: [PollController],
  providers: [PollService],
})
export class AppModule {}
