import { Module } from '@nestjs/common';
import { RevaliWsModule } from 'nestjs-revali-ws';

import { ExampleController } from './example.controller.js';

@Module({
  imports: [RevaliWsModule.forRoot()],
  controllers: [ExampleController],
})
export class AppModule {}
