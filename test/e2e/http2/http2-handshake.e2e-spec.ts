import {
  Body,
  Catch,
  Controller,
  ForbiddenException,
  Get,
  Injectable,
  Module,
  Param,
  Query,
  Req,
  UseFilters,
  UseGuards,
  VersioningType,
  type CanActivate,
  type ExceptionFilter,
  type ExecutionContext,
  type ArgumentsHost,
  type MiddlewareConsumer,
  type NestModule,
} from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import { UseObservers, WebSocket, type WebSocketObserver } from 'nestjs-revali-ws';
import type { AppSetup } from '../../support/apps/app-factory.js';
import { inClear, overBoth, secureAlone, startHttp2App } from '../../support/apps/http2-app.js';
import { closeAllApps, type RunningApp } from '../../support/apps/running-app.js';
import { Http2Session } from '../../support/clients/http2-session.js';
import { unhandled, type UnhandledRecorder } from '../../support/faults/leaks.js';
import { close, text } from '../../support/raw/frames.js';

interface Asked {
  readonly params: unknown;
  readonly query: unknown;
  readonly headers: IncomingHttpHeaders;
  readonly ip: string;
  readonly protocol: string;
  readonly host: string;
  readonly raw: { readonly method: string; readonly httpVersion: string; readonly url: string };
}

@Injectable()
class Keys {
  readonly good = 'k1';
}

/** Injected, so that only its own module can create it. */
@Injectable()
class KeyGuard implements CanActivate {
  constructor(private readonly keys: Keys) {}

  canActivate(context: ExecutionContext): boolean {
    const { headers } = context.switchToHttp().getRequest<Asked>();
    return headers['x-key'] === this.keys.good;
  }
}

class Refusing implements CanActivate {
  canActivate(): boolean {
    throw new ForbiddenException('not you');
  }
}

class Named implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    context
      .switchToHttp()
      .getResponse<{ header(n: string, v: string): void }>()
      .header('x-seen', 'guard');
    return true;
  }
}

@Catch(ForbiddenException)
class TeapotFilter implements ExceptionFilter {
  catch(_error: unknown, host: ArgumentsHost): void {
    const reply = host.switchToHttp().getResponse<{
      code(status: number): { header(n: string, v: string): { send(body: unknown): void } };
    }>();
    reply.code(418).header('x-filter', 'yes').send({ message: 'teapot' });
  }
}

const seen: string[] = [];

class Watching implements WebSocketObserver {
  onOpen(): void {
    seen.push('open');
  }

  onClose(_context: unknown, { kind }: { readonly kind: string }): void {
    seen.push(kind);
  }
}

@Controller()
class HouseController {
  @Get('page')
  page(): string {
    return 'page';
  }

  @WebSocket('live/:id')
  live(
    @Body() message: string,
    @Param('id') id: string,
    @Query('a') a: string,
    @Req() request: Asked,
  ): unknown {
    const { headers, ip, protocol, host, raw } = request;
    const { method, httpVersion, url } = raw;
    return { message, id, a, headers, ip, protocol, host, method, httpVersion, url };
  }

  @WebSocket('named')
  @UseGuards(Named)
  named(@Body() message: string): string {
    return message;
  }

  @WebSocket('refused')
  @UseGuards(Refusing)
  refused(): void {
    seen.push('handler');
  }

  @WebSocket('filtered')
  @UseGuards(Refusing)
  @UseFilters(TeapotFilter)
  filtered(): void {
    seen.push('handler');
  }

  @WebSocket('watched')
  @UseObservers(Watching)
  @UseGuards(Refusing)
  watched(): void {
    seen.push('handler');
  }

  @WebSocket('spoken', { protocols: ['b', 'c'] })
  spoken(@Body() message: string): string {
    return message;
  }

  @WebSocket('public', { origins: '*' })
  public(@Body() message: string): string {
    return message;
  }
}

@Controller('guarded')
@UseGuards(Refusing)
class GuardedController {
  @WebSocket('in')
  in(): void {
    seen.push('handler');
  }
}

@Controller('keyed')
@UseGuards(KeyGuard)
class KeyedController {
  @WebSocket('in')
  in(@Body() message: string): string {
    return message;
  }
}

@Module({ controllers: [KeyedController], providers: [Keys, KeyGuard] })
class KeyedModule {}

async function refusal(
  app: RunningApp,
  path: string,
  headers: Record<string, string | undefined> = {},
): Promise<{ status: number; body: unknown; headers: IncomingHttpHeaders }> {
  const session = await Http2Session.open(app);
  const asked = session.connect(path, { headers });
  const { status, headers: answered } = await asked.answer;
  const body = await asked.body;
  session.session.close();
  return { status, body, headers: answered };
}

describe.each([
  ['in clear', inClear],
  ['over TLS', secureAlone],
  ['over TLS beside HTTP/1.1', overBoth],
])('a WebSocket inside HTTP/2, %s', (_how, createAdapter) => {
  let recorder: UnhandledRecorder;

  beforeEach(() => {
    recorder = unhandled();
    seen.length = 0;
  });

  afterEach(async () => {
    await closeAllApps();
    expect(await recorder.release()).toEqual([]);
  });

  const start = (setup: AppSetup = {}): Promise<RunningApp> =>
    startHttp2App({ controllers: [HouseController, GuardedController], ...setup }, createAdapter);

  it('is offered, opens, echoes, and closes', async () => {
    const app = await start();
    const session = await Http2Session.open(app);
    expect(session.isOffered).toBe(true);
    const asked = session.connect('/public');
    const { status, headers } = await asked.answer;
    expect(status).toBe(200);
    for (const name of ['connection', 'upgrade', 'sec-websocket-accept', 'content-length'])
      expect(headers).not.toHaveProperty(name);
    asked.send(text('a'));
    expect((await asked.nextFrame()).payload.toString()).toBe('a');
    asked.send(close(1000));
    expect((await asked.nextFrame()).opcode).toBe(8);
    asked.stream.end();
    expect(await asked.closed).toBe(0);
    expect(await session.get('/page')).toBe(200);
  });

  it('shows handlers the request that they know', async () => {
    const app = await start();
    const session = await Http2Session.open(app);
    const asked = session.connect('/live/7?a=1', { headers: { cookie: 'c=1', 'x-own': 'yes' } });
    asked.send(text('hey'));
    const shown: unknown = JSON.parse((await asked.nextFrame()).payload.toString());
    const host = `127.0.0.1:${app.port}`;
    expect(shown).toEqual({
      message: 'hey',
      id: '7',
      a: '1',
      headers: { host, cookie: 'c=1', 'x-own': 'yes', 'sec-websocket-version': '13' },
      ip: '127.0.0.1',
      protocol: createAdapter === inClear ? 'http' : 'https',
      host,
      method: 'GET',
      httpVersion: '2.0',
      url: '/live/7?a=1',
    });
  });

  it('sends the headers of guards and the chosen subprotocol with the 200', async () => {
    const app = await start();
    const session = await Http2Session.open(app);
    expect((await session.connect('/named').answer).headers).toMatchObject({ 'x-seen': 'guard' });
    const spoken = session.connect('/spoken', { headers: { 'sec-websocket-protocol': 'a, c' } });
    expect((await spoken.answer).headers['sec-websocket-protocol']).toBe('c');
  });

  describe('guards refuse', () => {
    it.each([
      ['a method', '/refused', 403, { message: 'not you' }],
      ['a controller', '/guarded/in', 403, { message: 'not you' }],
      ['a filter that answers instead', '/filtered', 418, { message: 'teapot' }],
    ])('of %s', async (_scope, path, status, body) => {
      const answer = await refusal(await start(), path);
      expect(answer).toMatchObject({ status, body });
      expect(seen).toEqual([]);
    });

    it('globally', async () => {
      const app = await start({ providers: [{ provide: APP_GUARD, useClass: Refusing }] });
      expect(await refusal(app, '/public')).toMatchObject({ status: 403 });
    });

    it('injected by their module', async () => {
      const app = await start({ imports: [KeyedModule] });
      expect(await refusal(app, '/keyed/in')).toMatchObject({ status: 403 });
      const session = await Http2Session.open(app);
      const asked = session.connect('/keyed/in', { headers: { 'x-key': 'k1' } });
      expect((await asked.answer).status).toBe(200);
    });

    it('and observers see both ends of it', async () => {
      await refusal(await start(), '/watched');
      expect(seen).toEqual(['open', 'refused']);
    });
  });

  it('passes the middleware, which may refuse', async () => {
    @Module({})
    class Middle implements NestModule {
      configure(consumer: MiddlewareConsumer): void {
        consumer
          .apply((_request: unknown, response: ServerResponse, next: () => void) => {
            seen.push('middleware');
            response.setHeader('x-middle', 'yes');
            next();
          })
          .forRoutes('public');
        consumer
          .apply((_request: unknown, response: ServerResponse) => {
            response.statusCode = 402;
            response.setHeader('content-type', 'application/json');
            response.end('{"message":"pay"}');
          })
          .forRoutes('named');
      }
    }
    const app = await start({ imports: [Middle] });
    const session = await Http2Session.open(app);
    expect((await session.connect('/public').answer).headers['x-middle']).toBe('yes');
    expect(seen).toEqual(['middleware']);
    expect(await refusal(app, '/named')).toMatchObject({ status: 402, body: { message: 'pay' } });
  });

  it('serves the prefix and the version that a GET has', async () => {
    @Controller({ path: 'v', version: '2' })
    class Versioned {
      @WebSocket('live')
      live(@Body() message: string): string {
        return message;
      }
    }
    const app = await start({
      controllers: [Versioned],
      configure: (nest) => {
        nest.setGlobalPrefix('api');
        nest.enableVersioning({ type: VersioningType.URI });
      },
    });
    const session = await Http2Session.open(app);
    expect((await session.connect('/api/v2/v/live').answer).status).toBe(200);
    expect(await refusal(app, '/v/live')).toMatchObject({ status: 404 });
    expect(await refusal(app, '/api/v1/v/live')).toMatchObject({ status: 404 });
  });

  describe('origins', () => {
    it('refuses a page of another origin, and takes its own', async () => {
      const app = await start();
      expect(await refusal(app, '/live/1', { origin: 'https://evil.example' })).toMatchObject({
        status: 403,
        body: { message: 'Origin is not allowed' },
      });
      const session = await Http2Session.open(app);
      const own = session.connect('/live/1', { headers: { origin: app.http('').slice(0, -1) } });
      expect((await own.answer).status).toBe(200);
    });

    it('refuses an authority that differs from Host, so that neither can stand for the other', async () => {
      const app = await start();
      const evil = { origin: 'https://evil.example' };
      const answers = [
        await refusal(app, '/live/1', { ...evil, host: 'evil.example' }),
        await refusal(app, '/live/1', { host: 'evil.example' }),
      ];
      for (const answer of answers)
        expect(answer).toMatchObject({
          status: 400,
          body: { message: 'Missing, repeated or invalid :authority' },
        });
      expect(await refusal(app, '/live/1', { ...evil, ':scheme': 'https' })).toMatchObject({
        status: 403,
      });
    });
  });

  it.each([
    ['a version other than 13', { 'sec-websocket-version': '8' }, /Sec-WebSocket-Version/],
    ['a scheme of its own', { ':scheme': 'ftp' }, /:scheme/],
    ['a body', { 'content-length': '5' }, /no body/],
    ['invalid subprotocols', { 'sec-websocket-protocol': 'a, a' }, /Sec-WebSocket-Protocol/],
  ])('refuses %s with 400', async (_what, headers, message) => {
    const answer = await refusal(await start(), '/refused', headers);
    expect(answer.status).toBe(400);
    expect(JSON.stringify(answer.body)).toMatch(message);
  });

  it('refuses a broken authority with 400, where Node has not reset the stream', async () => {
    const session = await Http2Session.open(await start());
    const asked = session.connect('/refused', { headers: { ':authority': 'user@a' } });
    const outcome = await asked.answer.then(({ status }) => status, String);
    expect([400, 'Error: reset with 1']).toContain(outcome);
    expect(seen).toEqual([]);
  });

  it('refuses a request that has ended', async () => {
    const session = await Http2Session.open(await start());
    expect((await session.connect('/public', { endStream: true }).answer).status).toBe(400);
  });

  it.each([
    '/refuse%64',
    '//refused',
    '/x/../refused',
    '/refused/.',
    '/refused#a',
    '/REFUSED',
    '/refused%2f',
  ])('lets nobody in by %s', async (path) => {
    const { status } = await refusal(await start(), path);
    expect([400, 403, 404]).toContain(status);
    expect(seen).toEqual([]);
  });

  it('takes no CONNECT without a protocol, and none for another', async () => {
    const app = await start();
    const session = await Http2Session.open(app);
    const other = session.connect('/refused', { headers: { ':protocol': 'connect-udp' } });
    expect((await other.answer).status).toBe(405);
    const plain = session.session.request({ ':method': 'CONNECT', ':authority': 'a:1' });
    const status = await new Promise((resolve) => {
      plain.on('response', (headers) => resolve(headers[':status']));
      plain.on('error', () => resolve('reset'));
    });
    expect([405, 'reset']).toContain(status);
    expect(await session.get('/page')).toBe(200);
    expect(seen).toEqual([]);
  });

  it('leaves CONNECTs of others to the listener that takes them', async () => {
    const app = await start();
    const taken: unknown[] = [];
    app.server.on('connect', (request: { url: string }, response: ServerResponse) => {
      taken.push(request.url);
      response.statusCode = 204;
      response.end();
    });
    const session = await Http2Session.open(app);
    expect((await session.connect('/theirs').answer).status).toBe(204);
    expect((await session.connect('/public').answer).status).toBe(200);
    expect(taken).toEqual(['/theirs']);
  });

  it('refuses with a close frame if told so', async () => {
    const app = await start({ forRoot: { refusal: 'close' } });
    const session = await Http2Session.open(app);
    const asked = session.connect('/refused');
    expect((await asked.answer).status).toBe(200);
    const frame = await asked.nextFrame();
    expect(frame.opcode).toBe(8);
    expect(frame.payload.readUInt16BE(0)).toBe(4403);
    asked.send(close(4403));
    asked.stream.end();
    expect(await asked.closed).toBe(0);
    expect(seen).toEqual([]);
  });

  it('answers an unknown path with 404', async () => {
    expect(await refusal(await start(), '/nowhere')).toMatchObject({
      status: 404,
      body: { message: 'Cannot GET /nowhere' },
    });
  });

  it('answers a plain GET of a WebSocket path with 426', async () => {
    const session = await Http2Session.open(await start());
    expect(await session.get('/public')).toBe(426);
  });

  it('refuses a slow handshake with 408', async () => {
    class Slow implements CanActivate {
      canActivate(): Promise<boolean> {
        return new Promise(() => undefined);
      }
    }
    const app = await start({
      providers: [{ provide: APP_GUARD, useClass: Slow }],
      forRoot: { handshakeTimeout: 60 },
    });
    expect(await refusal(app, '/public')).toMatchObject({ status: 408 });
  });

  it('tells a refused answer in parts and chunks as one body', async () => {
    @Controller()
    class Parts {
      @WebSocket('parts')
      @UseGuards(
        class implements CanActivate {
          canActivate(context: ExecutionContext): boolean {
            const { raw } = context.switchToHttp().getResponse<{ raw: ServerResponse }>();
            raw.writeHead(409, { 'Transfer-Encoding': 'chunked', 'X-A': ['1', '2'] });
            raw.write('{"parts":');
            raw.end('[1,2]}');
            return false;
          }
        },
      )
      parts(): void {
        seen.push('handler');
      }
    }
    const app = await start({ controllers: [Parts] });
    const answer = await refusal(app, '/parts');
    expect(answer).toMatchObject({ status: 409, body: { parts: [1, 2] } });
    expect(answer.headers).toMatchObject({ 'x-a': '1, 2' });
    expect(answer.headers).not.toHaveProperty('transfer-encoding');
  });
});
