import { Module } from '@nestjs/common';

import { ChatController } from './chat.controller.js';
import { ChatRooms, TypingRooms } from './chat.rooms.js';
import { WhoController } from './who.controller.js';

@Module({ controllers: [ChatController, WhoController], providers: [ChatRooms, TypingRooms] })
export class ChatModule {}
