import {
  Body,
  Get,
  Module,
  Param,
  ParseIntPipe,
  Query,
  Req,
  UseFilters,
  UseInterceptors,
  UsePipes,
  VersioningType,
  type CallHandler,
  type ExecutionContext,
  type MiddlewareConsumer,
  type NestModule,
  type Type,
} from '@nestjs/common';
import { RouterModule } from '@nestjs/core';
import {
  AsyncWebSocketSender,
  CloseWebSocket,
  OnConnect,
  OnMessage,
  UnknownMessageTypeException,
  WebSocketConnection,
  WebSocketController,
} from 'nestjs-revali-ws';
import { map } from 'rxjs';

import { startApp } from '../../support/apps/app-factory.js';
import { platforms } from '../../support/apps/platforms.js';
import { closeAllApps } from '../../support/apps/running-app.js';

class Handlers {
  @OnMessage('say')
  say(@Body() message: { text: string }): { said: string } {
    return { said: message.text };
  }
}

@WebSocketController('limited', { messageRate: { limit: 2, per: '1m' } })
class LimitedController {
  @OnMessage('slow')
  async slow(): Promise<string> {
    await new Promise((resolve) => setTimeout(resolve, 20));
    return 'slow';
  }

  @OnMessage('quick')
  quick(): string {
    return 'quick';
  }
}

const tagged = UseInterceptors({
  intercept: (context: ExecutionContext, next: CallHandler) =>
    next
      .handle()
      .pipe(
        map((result: unknown) =>
          context.switchToWs().getPattern() === ''
            ? result
            : { by: context.switchToWs().getPattern(), result },
        ),
      ),
});

const answering = UseFilters({
  catch: (error: Error, host: ExecutionContext) =>
    error instanceof UnknownMessageTypeException
      ? { unknown: true, data: host.switchToWs().getData<unknown>() }
      : {
          filtered: error.message,
          pattern: host.switchToWs().getPattern(),
          method: host.getHandler().name,
        },
});

@tagged
@answering
@WebSocketController('full/:id')
class FullController {
  @OnConnect()
  welcome(@Param('id', ParseIntPipe) id: number): { welcome: number } {
    return { welcome: id };
  }

  @OnMessage('who')
  who(
    @Param('id') id: string,
    @Query('name') name: string,
    @Req() request: { url: string },
    connection: WebSocketConnection,
  ): string {
    return `${name} in ${id}, ${connection.request.url === request.url}`;
  }

  @UsePipes({ transform: (value: unknown) => (typeof value === 'string' ? value.trim() : value) })
  @OnMessage('trim')
  trim(@Body('text') text: string): string {
    return text;
  }

  @OnMessage('fail')
  fail(): never {
    throw new Error('no');
  }

  @OnMessage('count')
  *count(): Generator<number> {
    yield 1;
    yield 2;
  }

  @OnMessage('bye')
  async bye(sender: AsyncWebSocketSender, closer: CloseWebSocket): Promise<void> {
    await sender.send('one more');
    closer.close(4000, 'Bye');
  }
}

@WebSocketController({ path: ['one', 'two/:id'], version: '2' })
class PlacedController extends Handlers {
  @Get('state')
  state(): string {
    return 'fine';
  }
}

@WebSocketController({ path: 'host', host: 'a.example.com', version: '2' })
class HostController extends Handlers {}

@Module({ controllers: [PlacedController, HostController] })
class PlacedModule {}

let seen: string[] = [];

@WebSocketController({ path: ['members', 'guests'], version: '1' })
class MembersController extends Handlers {
  @Get()
  state(): string {
    return 'fine';
  }
}

@WebSocketController('strangers')
class StrangersController extends Handlers {}

@Module({ controllers: [MembersController, StrangersController] })
class MembersModule implements NestModule {
  configure(consumer: MiddlewareConsumer): void {
    const middleware = (request: { originalUrl: string }, _response: unknown, next: () => void) => {
      seen.push(request.originalUrl);
      next();
    };
    consumer.apply(middleware).exclude('v1/guests').forRoutes(MembersController);
  }
}

describe.each(platforms)('a controller of messages on $name', (platform) => {
  afterEach(closeAllApps);

  const start = (...controllers: Type<unknown>[]) => startApp(platform, { controllers });

  it('has one loop and one set of limits for all types', async () => {
    const app = await start(LimitedController);
    const client = await app.connect('/limited');
    client.sendJson({ type: 'slow' });
    client.sendJson({ type: 'quick' });
    expect(await client.text()).toBe('slow');
    expect(await client.text()).toBe('quick');
    client.sendJson({ type: 'quick' });
    expect(await client.closed).toMatchObject({ code: 1008, reason: 'Too many messages' });
  });

  it('has parameters, handles, pipes, interceptors and filters as a route does', async () => {
    const app = await start(FullController);
    const client = await app.connect('/full/7?name=Ann');
    expect(await client.json()).toEqual({ welcome: 7 });
    client.sendJson({ type: 'who' });
    expect(await client.json()).toEqual({ by: 'who', result: 'Ann in 7, true' });
    client.sendJson({ type: 'trim', text: ' hi ' });
    expect(await client.json()).toEqual({ by: 'trim', result: 'hi' });
    client.sendJson({ type: 'fail' });
    expect(await client.json()).toEqual({ filtered: 'no', pattern: 'fail', method: 'fail' });
    client.sendJson({ type: 'nobody' });
    expect(await client.json()).toEqual({ unknown: true, data: { type: 'nobody' } });
    client.sendJson({ type: 'count' });
    expect(await client.json()).toEqual({ by: 'count', result: 1 });
    expect(await client.json()).toEqual({ by: 'count', result: 2 });
    client.sendJson({ type: 'bye' });
    expect(await client.text()).toBe('one more');
    expect(await client.closed).toMatchObject({ code: 4000, reason: 'Bye' });
  });

  it('meets the middleware that is bound to it, once', async () => {
    seen = [];
    const app = await startApp(platform, {
      imports: [MembersModule],
      configure: (created) => void created.enableVersioning({ type: VersioningType.URI }),
    });
    for (const path of ['v1/members', 'v1/guests', 'strangers']) await app.connect(`/${path}`);
    expect(seen).toEqual(['/v1/members']);
    expect((await app.get('/v1/members')).body).toBe('fine');
    expect(seen).toEqual(['/v1/members', '/v1/members']);
  });

  it('meets that middleware without an HTTP method beside it', async () => {
    seen = [];
    @Module({ controllers: [StrangersController] })
    class StrangersModule implements NestModule {
      configure(consumer: MiddlewareConsumer): void {
        const middleware = (_request: unknown, _response: unknown, next: () => void) => {
          seen.push('stranger');
          next();
        };
        consumer.apply(middleware).forRoutes(StrangersController);
      }
    }
    const app = await startApp(platform, { imports: [StrangersModule] });
    await app.connect('/strangers');
    expect(seen).toEqual(['stranger']);
  });

  it('is served at each of its paths, with prefix, version and host, beside HTTP', async () => {
    const app = await startApp(platform, {
      imports: [PlacedModule, RouterModule.register([{ path: 'module', module: PlacedModule }])],
      configure: (created) => {
        created.setGlobalPrefix('api');
        created.enableVersioning({ type: VersioningType.URI });
      },
    });
    for (const path of ['one', 'two/:id']) {
      const client = await app.connect(`/api/v2/module/${path.replace(':id', 'x')}`);
      client.sendJson({ type: 'say', text: path });
      expect(await client.json()).toEqual({ said: path });
    }
    expect((await app.get('/api/v2/module/one/state')).body).toBe('fine');
    await expect(app.connect('/api/module/one')).rejects.toThrow('404');
    await expect(app.connect('/api/v2/module/host')).rejects.toThrow('404');
    const client = await app.connect('/api/v2/module/host', { headers: { host: 'a.example.com' } });
    client.sendJson({ type: 'say', text: 'hi' });
    expect(await client.json()).toEqual({ said: 'hi' });
  });
});
