import {
  Body,
  Controller,
  ForbiddenException,
  Injectable,
  Param,
  Scope,
  UseGuards,
  type CanActivate,
  type ExecutionContext,
} from '@nestjs/common';
import { AsyncWebSocketSender, CloseWebSocket, WebSocket } from 'nestjs-revali-ws';

import { sleep } from '../../support/deadline.js';
import { looseCodec } from './codec.js';
import { item, ITEMS } from './known.js';
import { Ledger } from './ledger.js';

@Injectable()
class SlowGuard implements CanActivate {
  async canActivate(): Promise<boolean> {
    await sleep(15);
    return true;
  }
}

class NeverGuard implements CanActivate {
  canActivate(): Promise<boolean> {
    return new Promise(() => undefined);
  }
}

class RefusingGuard implements CanActivate {
  canActivate(): boolean {
    return false;
  }
}

class ThrowingGuard implements CanActivate {
  canActivate(): boolean {
    throw new Error('not for clients');
  }
}

class LateThrowingGuard implements CanActivate {
  async canActivate(): Promise<boolean> {
    await sleep(5);
    throw new ForbiddenException('late');
  }
}

class PassingGuard implements CanActivate {
  canActivate(): Promise<boolean> {
    return Promise.resolve(true);
  }
}

class HeaderGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    context
      .switchToHttp()
      .getResponse<{ header(name: string, value: string): void }>()
      .header('X-Guard', 'passed');
    return true;
  }
}

/** Handlers as applications have them; each parameter `value` names the sequence. */
@Controller('ws')
export class FuzzedRoutes {
  constructor(private readonly ledger: Ledger) {}

  @WebSocket('echo/:value', { format: 'raw' })
  echo(@Body() message: string | Buffer): string | Buffer {
    return message;
  }

  @UseGuards(HeaderGuard)
  @WebSocket('later/:value', { format: 'raw' })
  async later(@Body() message: string | Buffer): Promise<string | Buffer> {
    await sleep(2);
    return message;
  }

  @UseGuards(PassingGuard)
  @WebSocket('checked/:value', { format: 'raw', guards: 'message' })
  checked(@Body() message: string | Buffer): string | Buffer {
    return message;
  }

  @UseGuards(SlowGuard)
  @WebSocket('slow-guard/:value', { format: 'raw' })
  slowGuard(@Body() message: string | Buffer): string | Buffer {
    return message;
  }

  @WebSocket('slow-middleware/:value', { format: 'raw' })
  slowMiddleware(@Body() message: string | Buffer): string | Buffer {
    return message;
  }

  /** Its middleware throws once, when the head of the 101 is written. */
  @WebSocket('head-throws/:value')
  headThrows(): string {
    return 'unreachable';
  }

  /** Its middleware answers, and never ends. */
  @WebSocket('pour/:value')
  pour(): string {
    return 'unreachable';
  }

  @UseGuards(NeverGuard)
  @WebSocket('never/:value')
  never(): string {
    return 'unreachable';
  }

  @UseGuards(RefusingGuard)
  @WebSocket('refused/:value')
  refused(): string {
    return 'unreachable';
  }

  @UseGuards(ThrowingGuard)
  @WebSocket('throwing/:value')
  throwing(): string {
    return 'unreachable';
  }

  @UseGuards(LateThrowingGuard)
  @WebSocket('late-throwing/:value')
  lateThrowing(): string {
    return 'unreachable';
  }

  @WebSocket('codec/:value', { format: looseCodec })
  codec(@Body() message: string): string {
    return message;
  }

  /** Fills one buffer again and again. */
  @WebSocket('refill/:value', { format: 'text' })
  async *refill(@Body() message: string): AsyncGenerator<Buffer> {
    const release = this.ledger.hold('handler', message);
    try {
      const buffer = Buffer.alloc(Buffer.byteLength(item(message, 0)));
      for (let index = 0; index < ITEMS; index += 1) {
        buffer.write(item(message, index));
        yield buffer;
      }
      buffer.fill('#');
    } finally {
      release();
    }
  }

  @WebSocket('sync-refill/:value', { format: 'binary' })
  *syncRefill(@Body() message: Buffer): Generator<Uint8Array> {
    const text = message.toString();
    const buffer = Buffer.alloc(Buffer.byteLength(item(text, 0)));
    for (let index = 0; index < ITEMS; index += 1) {
      buffer.write(item(text, index));
      yield buffer;
    }
    buffer.fill('#');
  }

  @WebSocket('sender/:value', { format: 'binary' })
  async sender(@Body() message: Buffer, sender: AsyncWebSocketSender<Buffer>): Promise<Buffer> {
    const text = message.toString();
    const buffer = Buffer.alloc(Buffer.byteLength(item(text, 0)));
    for (let index = 0; index < ITEMS - 1; index += 1) {
      buffer.write(item(text, index));
      await sender.send(buffer);
    }
    buffer.write(item(text, ITEMS - 1));
    setImmediate(() => buffer.fill('#'));
    return buffer;
  }

  @WebSocket('receive/:value', { mode: 'receiveOnly', format: 'raw' })
  receive(@Body() message: string | Buffer): string | Buffer {
    return message;
  }

  @WebSocket('feed/:value', { mode: 'sendOnly' })
  async *feed(@Param('value') value: string): AsyncGenerator<string> {
    const release = this.ledger.hold('handler', value);
    try {
      for (let index = 0; index < ITEMS; index += 1) {
        yield item(value, index);
        await sleep(1);
      }
    } finally {
      release();
    }
  }

  @WebSocket('endless/:value', { mode: 'sendOnly' })
  async *endless(@Param('value') value: string): AsyncGenerator<string> {
    const release = this.ledger.hold('handler', value);
    try {
      for (let index = 0; ; index += 1) {
        yield item(value, index);
        await sleep(20);
      }
    } finally {
      release();
    }
  }

  @WebSocket('greeting/:value', { triggerOnConnect: true, format: 'raw' })
  greeting(
    @Body() message: string | Buffer | undefined,
    @Param('value') value: string,
  ): string | Buffer {
    return message ?? `hello ${value}`;
  }

  @WebSocket('protocols/:value', { protocols: ['one', 'two'], format: 'raw' })
  protocols(@Body() message: string | Buffer): string | Buffer {
    return message;
  }

  @WebSocket('failing/:value', { format: 'raw' })
  failing(): string {
    throw new Error('not for clients');
  }

  @WebSocket('replying/:value', { format: 'raw', errors: 'reply' })
  async replying(): Promise<string> {
    await sleep(1);
    throw new Error('not for clients');
  }

  @WebSocket('closing/:value', { format: 'raw' })
  closing(@Body() message: string | Buffer, closer: CloseWebSocket): string | Buffer {
    closer.close(4_001, 'as you wish');
    return message;
  }
}

/** An instance for each connection. */
@Controller({ path: 'scoped', scope: Scope.REQUEST })
export class ScopedRoutes {
  @WebSocket('echo/:value', { format: 'raw' })
  echo(@Body() message: string | Buffer): string | Buffer {
    return message;
  }
}
