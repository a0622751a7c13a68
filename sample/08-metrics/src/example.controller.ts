import { Body, Controller } from '@nestjs/common';
import { WebSocket } from 'nestjs-revali-ws';

@Controller('example')
export class ExampleController {
  @WebSocket('websocket')
  echo(@Body() message: string): string {
    return `Echo: ${message}`;
  }
}
