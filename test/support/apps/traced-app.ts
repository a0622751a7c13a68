import {
  BadRequestException,
  Body,
  Controller,
  Get,
  HttpException,
  ParseIntPipe,
  UseGuards,
  type CanActivate,
  type ExecutionContext,
} from '@nestjs/common';
import { CloseWebSocketException, WebSocket } from 'nestjs-revali-ws';
import { createTracing, type Tracing } from 'nestjs-revali-ws/opentelemetry';

import { startApp } from './app-factory.js';
import { gate } from '../gate.js';
import type { Platform } from './platforms.js';
import type { RunningApp } from './running-app.js';

/** The name of a connection's span; the method follows. */
export const CONNECTION = 'WebSocket RoomController.';

/** The guard waits for it where the query says `wait`. */
export class Door implements CanActivate {
  static isEntered = false;
  static waiting = gate();

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const { url } = context.switchToHttp().getRequest<{ url: string }>();
    Door.isEntered = true;
    if (url.endsWith('?fail')) throw new HttpException('Bad gateway', 502);
    if (url.endsWith('?wait')) await Door.waiting.opened;
    return !url.endsWith('?unwanted');
  }
}

@Controller()
export class RoomController {
  @WebSocket('room/:id')
  @UseGuards(Door)
  talk(@Body() message: string): string {
    return message;
  }

  @WebSocket('count')
  count(@Body('n', ParseIntPipe) n: number): number {
    return n + 1;
  }

  @WebSocket('fail')
  fail(@Body() message: string): unknown {
    if (message === 'client') throw new BadRequestException('The client is wrong');
    if (message === 'close') throw new CloseWebSocketException(4001, 'Go away');
    if (message === 'unserializable') return 1n;
    // oxlint-disable-next-line typescript/only-throw-error -- users throw what they like
    if (message === 'no error') throw message;
    throw new RangeError('The server is wrong');
  }

  @Get('plain')
  plain(): string {
    return 'plain';
  }
}

export function startTraced(
  platform: Platform,
  { observer, interceptor }: Tracing = createTracing(),
): Promise<RunningApp> {
  return startApp(platform, {
    controllers: [RoomController],
    forRoot: { observers: [observer] },
    configure: (app) => void app.useGlobalInterceptors(interceptor),
  });
}
