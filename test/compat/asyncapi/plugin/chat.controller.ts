import { Body, Controller } from '@nestjs/common';
import { WebSocket } from 'nestjs-revali-ws';
import { Said, Say } from './chat.dto.js';

@Controller('chat')
export class ChatController {
  /** Says it to whoever has said it. */
  @WebSocket()
  say(@Body() say: Say): Promise<Said> {
    return Promise.resolve({ by: 'Ann', say });
  }
}
