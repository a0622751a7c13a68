import { Module } from '@nestjs/common';

import { BoardController } from './board.controller.js';
import { BoardRooms } from './board.rooms.js';
import { WhoController } from './who.controller.js';

@Module({ controllers: [BoardController, WhoController], providers: [BoardRooms] })
export class BoardModule {}
