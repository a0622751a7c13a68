import { Body, Controller } from '@nestjs/common';
import { WebSocket } from 'nestjs-revali-ws';

export const LARGE = 8 * 1024 * 1024;

/** Text comes back as text, bytes as bytes. */
@Controller()
export class EchoController {
  @WebSocket('echo', { format: 'raw' })
  echo(@Body() message: string | Buffer): string | Buffer {
    return message;
  }

  @WebSocket('large', { format: 'raw', maxPayload: LARGE, backpressure: { highWaterMark: LARGE } })
  large(@Body() message: string | Buffer): string | Buffer {
    return message;
  }
}
