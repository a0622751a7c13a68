import { Module } from '@nestjs/common';

import { NodesModule } from '../nodes/nodes.module.js';
import { ChatController } from './chat.controller.js';
import { ChatRooms } from './chat.rooms.js';

@Module({ imports: [NodesModule], controllers: [ChatController], providers: [ChatRooms] })
export class ChatModule {}
