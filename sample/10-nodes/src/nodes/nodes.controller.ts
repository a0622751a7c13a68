import {
  Controller,
  Get,
  HttpCode,
  NotFoundException,
  Param,
  Post,
  ServiceUnavailableException,
} from '@nestjs/common';
import { Rooms } from 'nestjs-revali-ws';

import { NodesService } from './nodes.service.js';
import { thisNode } from './this.node.js';

@Controller()
export class NodesController {
  constructor(
    private readonly nodes: NodesService,
    private readonly rooms: Rooms,
  ) {}

  /** For the load balancer. */
  @Get('ready')
  ready(): string {
    if (this.rooms.status !== 'ready') throw new ServiceUnavailableException();
    return 'ready';
  }

  /** Any node may get this request; the named one hears of it. */
  @Post('nodes/:node/kill')
  @HttpCode(202)
  async kill(@Param('node') node: string): Promise<void> {
    if (!thisNode.all.includes(node)) throw new NotFoundException();
    await this.nodes.kill(node);
  }
}
