import {
  Body,
  Controller,
  Inject,
  Injectable,
  UnauthorizedException,
  UseFilters,
  UseGuards,
  UseInterceptors,
  type CanActivate,
  type ExecutionContext,
} from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { WsException } from '@nestjs/websockets';
import { WebSocket, WebSocketConnection } from 'nestjs-revali-ws';
import { of, type Observable } from 'rxjs';
import { startApp } from '../../support/apps/app-factory.js';
import { platforms } from '../../support/apps/platforms.js';
import { closeAllApps } from '../../support/apps/running-app.js';

const notes: string[] = [];

class Noted implements CanActivate {
  constructor(private readonly name: string) {}

  canActivate(context: ExecutionContext): boolean {
    notes.push(`${this.name} (${context.getType()})`);
    return true;
  }
}

const NAME = Symbol('NAME');

@Injectable()
class InjectedNoted extends Noted {
  constructor(@Inject(NAME) name: string) {
    super(name);
  }
}

/** Lets in whom the message names. */
class BodyGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean | Promise<boolean> | Observable<boolean> {
    if (context.getType() === 'http') return true;
    const data: unknown = context.switchToWs().getData();
    const { id } = context.switchToWs().getClient<WebSocketConnection>();
    if (id === '') throw new Error('no connection');
    if (data === 'unauthorized') throw new UnauthorizedException('Who?');
    if (data === 'ws') return Promise.reject(new WsException('Not now'));
    if (data === 'observable') return of(false);
    if (data === 'promise') return Promise.resolve(false);
    return data !== 'no';
  }
}

const NoteInterceptor = UseInterceptors({
  intercept: (_context, next) => {
    notes.push('interceptor');
    return next.handle();
  },
});

@NoteInterceptor
@UseGuards(InjectedNoted)
@Controller('order')
class OrderController {
  @UseGuards(new Noted('method'))
  @WebSocket('message', { guards: 'message' })
  message(@Body() text: string): string {
    notes.push('handler');
    return text;
  }

  @UseGuards(new Noted('method'))
  @WebSocket('connection')
  connection(@Body() text: string): string {
    notes.push('handler');
    return text;
  }
}

@NoteInterceptor
@UseGuards(BodyGuard)
@Controller('body')
class BodyController {
  @WebSocket('close', { guards: 'message' })
  close(@Body() text: string): string {
    return text;
  }

  @WebSocket('reply', { guards: 'message', errors: 'reply' })
  reply(@Body() text: string): string {
    return text;
  }

  @UseFilters({ catch: (error: Error) => `filtered: ${error.message}` })
  @WebSocket('filter', { guards: 'message' })
  filter(@Body() text: string): string {
    return text;
  }
}

describe.each(platforms)('guards on $name', (platform) => {
  beforeEach(() => {
    notes.length = 0;
  });
  afterEach(closeAllApps);

  const globalGuard = { provide: APP_GUARD, useValue: new Noted('global') };
  const name = { provide: NAME, useValue: 'controller' };
  const start = () =>
    startApp(platform, {
      controllers: [OrderController],
      providers: [globalGuard, name],
    });
  const guards = (type: string) =>
    ['global', 'controller', 'method'].map((by) => `${by} (${type})`);

  it("run at the handshake, and with guards: 'message' again before each message", async () => {
    const app = await start();
    const client = await app.connect('/order/message');
    expect(notes).toEqual(guards('http'));
    for (const text of ['one', 'two']) {
      notes.length = 0;
      client.send(text);
      expect(await client.text()).toBe(text);
      expect(notes).toEqual([...guards('ws'), 'interceptor', 'handler']);
    }
  });

  it('run only at the handshake by default', async () => {
    const app = await start();
    const client = await app.connect('/order/connection');
    client.send('hi');
    expect(await client.text()).toBe('hi');
    expect(notes).toEqual([...guards('http'), 'interceptor', 'handler']);
  });

  it.each([
    ['no', 1008, 'Forbidden resource'],
    ['promise', 1008, 'Forbidden resource'],
    ['observable', 1008, 'Forbidden resource'],
    ['unauthorized', 1008, 'Who?'],
    ['ws', 1008, 'Not now'],
  ])('that refuse a message close the connection: %s', async (text, code, reason) => {
    const app = await startApp(platform, { controllers: [BodyController] });
    const client = await app.connect('/body/close');
    client.send('yes');
    expect(await client.text()).toBe('yes');
    notes.length = 0;
    client.send(text);
    expect(await client.closed).toMatchObject({ code, reason });
    expect(notes).toEqual([]);
  });

  it("that refuse a message are answered with errors: 'reply'", async () => {
    const app = await startApp(platform, { controllers: [BodyController] });
    const client = await app.connect('/body/reply');
    client.send('no');
    expect(await client.json()).toEqual({
      error: { statusCode: 403, message: 'Forbidden resource', error: 'Forbidden' },
    });
    client.send('unauthorized');
    expect(await client.json()).toMatchObject({ error: { statusCode: 401, message: 'Who?' } });
    client.send('yes');
    expect(await client.text()).toBe('yes');
  });

  it('that refuse a message are first answered by exception filters', async () => {
    const app = await startApp(platform, { controllers: [BodyController] });
    const client = await app.connect('/body/filter');
    client.send('no');
    expect(await client.text()).toBe('filtered: Forbidden resource');
    client.send('yes');
    expect(await client.text()).toBe('yes');
  });
});
