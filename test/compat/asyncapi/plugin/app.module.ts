import { Module } from '@nestjs/common';
import { RevaliWsModule } from 'nestjs-revali-ws';
import { ChatController } from './chat.controller.js';

@Module({ imports: [RevaliWsModule.forRoot()], controllers: [ChatController] })
export class AppModule {}
