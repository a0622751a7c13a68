import {
  BadRequestException,
  Body,
  Controller,
  Headers,
  Param,
  ParseIntPipe,
  Query,
  UseGuards,
  ValidationPipe,
  type CanActivate,
  type ExecutionContext,
  type Type,
} from '@nestjs/common';
import { IsObject, IsString } from 'class-validator';
import { WebSocket } from 'nestjs-revali-ws';

import { sleep } from '../support/deadline.js';

class Note {
  @IsString()
  title = '';

  @IsObject()
  content: object = {};
}

/** Copies what the client chose into a header of the response. */
class EchoingGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const http = context.switchToHttp();
    const { query } = http.getRequest<{ query: { name: string } }>();
    http.getResponse<{ header(name: string, value: string): void }>().header('X-Name', query.name);
    return true;
  }
}

class RefusingGuard implements CanActivate {
  canActivate(): boolean {
    return false;
  }
}

/** Handshakes that came to the guard below. */
export const thinking = { count: 0 };

/** As if it asked a database. */
class SlowGuard implements CanActivate {
  async canActivate(): Promise<boolean> {
    thinking.count += 1;
    await sleep(30);
    return true;
  }
}

/** Handshakes that came to the guard and wait for it still. */
export const waiting = { count: 0 };

class NeverGuard implements CanActivate {
  canActivate(): Promise<boolean> {
    waiting.count += 1;
    return new Promise(() => undefined);
  }
}

/** Throws what the client sent, whatever it is. */
class ThrowingGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    throw context.switchToHttp().getRequest<{ query: unknown }>().query;
  }
}

/** Handlers as applications have them, careless ones too. */
@Controller()
class AbusedController {
  @WebSocket('echo')
  echo(@Body() message: string): string {
    return message;
  }

  @WebSocket('bytes')
  bytes(@Body() message: Buffer): Buffer {
    return message;
  }

  @WebSocket('json', { format: 'json' })
  json(@Body() value: unknown): unknown {
    return value;
  }

  @WebSocket('unknown')
  unknown(@Body() value: unknown): unknown {
    return value;
  }

  @WebSocket('name')
  name(@Body('user.name') name: string): string {
    return `name ${name}`;
  }

  @WebSocket('note')
  note(@Body(new ValidationPipe({ transform: true })) note: Note): string {
    return `note ${note.title}`;
  }

  @WebSocket('number')
  number(@Body() value: number): string {
    return `number ${value}`;
  }

  @WebSocket('integer', { format: 'text' })
  integer(@Body(ParseIntPipe) value: number): string {
    return `integer ${value}`;
  }

  /** Merges as many a library did. */
  @WebSocket('merge')
  merge(@Body() patch: object): string {
    const settings: Record<string, unknown> = {};
    for (const [key, value] of Object.entries(patch)) {
      const current: unknown = settings[key];
      if (typeof current === 'object' && current !== null) Object.assign(current, value);
      else settings[key] = value;
    }
    return `merged ${Object.keys(settings).length}`;
  }

  @WebSocket('throw', { format: 'json' })
  throw(@Body() value: unknown): string {
    throw value;
  }

  @WebSocket('throw-replied', { format: 'json', errors: 'reply' })
  throwReplied(@Body() value: unknown): string {
    throw value;
  }

  @WebSocket('reject', { format: 'json', errors: 'reply' })
  reject(@Body() value: object): string {
    throw new BadRequestException(value);
  }

  @WebSocket('room/:id')
  room(@Param('id') id: string): string {
    return `room ${id}`;
  }

  @WebSocket('files/*path')
  files(@Param('path') path: string[]): string {
    return `files ${path.join(' ')}`;
  }

  @WebSocket('query')
  query(@Query('name') name: unknown, @Headers('x-name') header: unknown): string {
    return `query ${String(name)} ${String(header)}`;
  }

  @UseGuards(EchoingGuard)
  @WebSocket('header')
  header(): string {
    return 'header';
  }

  @UseGuards(EchoingGuard, RefusingGuard)
  @WebSocket('header-refused')
  headerRefused(): string {
    return 'unreachable';
  }

  @UseGuards(SlowGuard)
  @WebSocket('slow')
  slow(@Body() message: string): string {
    return message;
  }

  @UseGuards(NeverGuard)
  @WebSocket('never')
  never(): string {
    return 'never';
  }

  @UseGuards(ThrowingGuard)
  @WebSocket('throwing-guard')
  throwingGuard(): string {
    return 'unreachable';
  }

  @WebSocket('protocols', { protocols: ['chat', 'superchat'] })
  protocols(): string {
    return 'protocols';
  }

  @WebSocket('chosen', { protocols: () => 'chat\r\nX-Evil: 1' })
  chosen(): string {
    return 'chosen';
  }
}

export const abusedControllers: Type<unknown>[] = [AbusedController];
