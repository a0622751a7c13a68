import { Module } from '@nestjs/common';

import { ChatController } from './chat.controller.js';
import { Rooms } from './rooms.js';

@Module({ controllers: [ChatController], providers: [Rooms] })
export class ChatModule {}
