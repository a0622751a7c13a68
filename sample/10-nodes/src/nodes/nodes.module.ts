import { Module } from '@nestjs/common';

import { NodesController } from './nodes.controller.js';
import { NodesRooms } from './nodes.rooms.js';
import { NodesService } from './nodes.service.js';

@Module({
  controllers: [NodesController],
  providers: [NodesRooms, NodesService],
  exports: [NodesRooms],
})
export class NodesModule {}
