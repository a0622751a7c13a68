import {
  BadRequestException,
  Body,
  Catch,
  Controller,
  ForbiddenException,
  HttpException,
  Inject,
  Injectable,
  NotFoundException,
  UseFilters,
  UseGuards,
  type ArgumentsHost,
  type CanActivate,
  type ExceptionFilter,
} from '@nestjs/common';
import { APP_FILTER, BaseExceptionFilter, HttpAdapterHost } from '@nestjs/core';
import {
  CloseWebSocketException,
  InvalidPayloadException,
  WebSocket,
  WebSocketConnection,
  NO_REPLY,
} from 'nestjs-revali-ws';
import { WsException } from '@nestjs/websockets';
import { of, type Observable } from 'rxjs';
import { startApp } from '../../support/apps/app-factory.js';
import { unhandled } from '../../support/faults/leaks.js';
import { textWith } from '../../support/matchers.js';
import { platforms } from '../../support/apps/platforms.js';
import { closeAllApps } from '../../support/apps/running-app.js';

/** A client that can be asked to fail in any way. */
function fail(text: string): string {
  if (text === 'error') throw new Error('broken');
  if (text === 'type error') throw new TypeError('wrong type');
  if (text === 'not found') throw new NotFoundException('No such room');
  if (text === 'ws') throw new WsException('No');
  return text;
}

class Named implements ExceptionFilter {
  constructor(private readonly name: string) {}

  catch(exception: Error): string {
    return `${this.name}: ${exception.message}`;
  }
}

@Catch()
class CatchAll extends Named {}

@Catch(TypeError, NotFoundException)
class CatchSome extends Named {}

@Catch(HttpException)
class CatchHttp extends Named {}

@Catch(BadRequestException)
class CatchBadRequest extends Named {}

@UseFilters(new CatchAll('controller'))
@Controller('scopes')
class ScopesController {
  @UseFilters(new CatchSome('method'))
  @WebSocket('method')
  method(@Body() text: string): string {
    return fail(text);
  }

  @WebSocket('controller')
  controller(@Body() text: string): string {
    return fail(text);
  }
}

@Controller('plain')
class PlainController {
  @WebSocket('say')
  say(@Body() text: string): string {
    return fail(text);
  }
}

const PREFIX = Symbol('PREFIX');

@Catch()
@Injectable()
class InjectedFilter implements ExceptionFilter {
  constructor(@Inject(PREFIX) private readonly prefix: string) {}

  catch(exception: Error): string {
    return `${this.prefix}: ${exception.message}`;
  }
}

const filtering = (answer: (exception: Error, host: ArgumentsHost) => unknown) =>
  UseFilters({ catch: answer });

@Controller('results')
class ResultsController {
  @filtering(({ message }) => ({ type: 'error', message }))
  @WebSocket('object')
  object(@Body() text: string): string {
    return fail(text);
  }

  @filtering(async ({ message }) => Promise.resolve(`later: ${message}`))
  @WebSocket('promise')
  promise(@Body() text: string): string {
    return fail(text);
  }

  @filtering(({ message }): Observable<string> => of('failed', message))
  @WebSocket('stream')
  stream(@Body() text: string): string {
    return fail(text);
  }

  @filtering(() => NO_REPLY)
  @WebSocket('nothing')
  nothing(@Body() text: string): string {
    return fail(text);
  }

  @filtering((exception, host) => {
    const client = host.switchToWs().getClient<WebSocketConnection>();
    client.close(4100, `${host.getType()} ${host.switchToWs().getData()} ${exception.message}`);
  })
  @WebSocket('close')
  close(@Body() text: string): string {
    return fail(text);
  }

  @filtering(() => {
    throw new CloseWebSocketException(4200, 'From the filter');
  })
  @WebSocket('throw-close')
  throwClose(@Body() text: string): string {
    return fail(text);
  }

  @filtering(() => {
    throw new Error('the filter is broken');
  })
  @WebSocket('throw')
  throwing(@Body() text: string): string {
    return fail(text);
  }

  @filtering(async () => Promise.reject(new Error('the filter is broken')))
  @WebSocket('reject')
  rejecting(@Body() text: string): string {
    return fail(text);
  }
}

/** As the documentation of Nest shows it. */
@Catch()
class HttpOnlyFilter implements ExceptionFilter {
  catch(exception: Error, host: ArgumentsHost): void {
    interface Response {
      status(code: number): { json?: (body: object) => void; send(body: object): void };
    }
    const status = exception instanceof HttpException ? exception.getStatus() : 500;
    const response = host.switchToHttp().getResponse<Response>();
    response.status(status).send({ from: 'the HTTP filter' });
  }
}

@Catch()
class ExtendedFilter extends BaseExceptionFilter {
  override catch(exception: unknown, host: ArgumentsHost): void {
    super.catch(exception, host);
  }
}

class Nobody implements CanActivate {
  canActivate(): boolean {
    throw new ForbiddenException('Not you');
  }
}

@Controller('guarded')
class GuardedController {
  @UseGuards(Nobody)
  @WebSocket('room')
  room(): void {}

  @filtering((exception, host) => {
    interface Reply {
      status(code: number): { send(body: object): void };
    }
    const reply = host.switchToHttp().getResponse<Reply>();
    reply.status(499).send({ type: host.getType(), message: exception.message });
  })
  @UseGuards(Nobody)
  @WebSocket('filtered')
  filtered(): void {}

  @filtering(() => undefined)
  @UseGuards(Nobody)
  @WebSocket('unanswered')
  unanswered(): void {}
}

describe.each(platforms)('exception filters on $name', (platform) => {
  afterEach(closeAllApps);

  describe('in the message phase', () => {
    it('are asked by scope, and by the types that they catch', async () => {
      const app = await startApp(platform, {
        controllers: [ScopesController, PlainController],
        providers: [{ provide: APP_FILTER, useValue: new CatchHttp('APP_FILTER') }],
        configure: (nest) => void nest.useGlobalFilters(new CatchSome('global')),
      });
      const method = await app.connect('/scopes/method');
      const controller = await app.connect('/scopes/controller');
      const plain = await app.connect('/plain/say');
      const expected = [
        [method, 'type error', 'method: wrong type'],
        [method, 'not found', 'method: No such room'],
        [method, 'error', 'controller: broken'],
        [controller, 'type error', 'controller: wrong type'],
        [plain, 'type error', 'global: wrong type'],
        [plain, 'fine', 'fine'],
      ] as const;
      for (const [client, text, answer] of expected) {
        client.send(text);
        expect(await client.text()).toBe(answer);
      }
      plain.send('error');
      expect(await plain.closed).toMatchObject({ code: 1011 });
    });

    it('may be global classes with dependencies', async () => {
      const app = await startApp(platform, {
        controllers: [PlainController],
        providers: [
          { provide: APP_FILTER, useClass: InjectedFilter },
          { provide: PREFIX, useValue: 'injected' },
        ],
      });
      const client = await app.connect('/plain/say');
      client.send('error');
      expect(await client.text()).toBe('injected: broken');
    });

    it('catch what cannot be decoded', async () => {
      @Controller()
      class NumbersController {
        @UseFilters(new CatchHttp('method'))
        @WebSocket('numbers')
        count(@Body() numbers: number[]): number {
          return numbers.length;
        }
      }

      const app = await startApp(platform, { controllers: [NumbersController] });
      const client = await app.connect('/numbers');
      client.send('[1,');
      expect(await client.text()).toBe(`method: ${new InvalidPayloadException().message}`);
      client.send('[1]');
      expect(await client.text()).toBe('1');
    });

    it('send what they return: an object, a promise, a stream, nothing for NO_REPLY', async () => {
      const app = await startApp(platform, { controllers: [ResultsController] });
      const object = await app.connect('/results/object');
      object.send('error');
      expect(await object.json()).toEqual({ type: 'error', message: 'broken' });
      const promise = await app.connect('/results/promise');
      promise.send('error');
      expect(await promise.text()).toBe('later: broken');
      const stream = await app.connect('/results/stream');
      stream.send('error');
      expect([await stream.text(), await stream.text()]).toEqual(['failed', 'broken']);
      const nothing = await app.connect('/results/nothing');
      nothing.send('error');
      nothing.send('next');
      expect(await nothing.text()).toBe('next');
    });

    it("have a host of type 'ws', and may close", async () => {
      const app = await startApp(platform, { controllers: [ResultsController] });
      const client = await app.connect('/results/close');
      client.send('error');
      expect(await client.closed).toMatchObject({ code: 4100, reason: 'ws error broken' });
      const thrown = await app.connect('/results/throw-close');
      thrown.send('error');
      expect(await thrown.closed).toMatchObject({ code: 4200, reason: 'From the filter' });
    });

    it.each(['throw', 'reject'])('that %s leave the answer to the error policy', async (path) => {
      const recorder = unhandled();
      const app = await startApp(platform, { controllers: [ResultsController] });
      const broken = await app.connect(`/results/${path}`);
      broken.send('error');
      const fault = { code: 1011, reason: 'Internal server error' };
      expect(await broken.closed).toMatchObject(fault);
      const refused = await app.connect(`/results/${path}`);
      refused.send('not found');
      expect(await refused.closed).toMatchObject({ code: 1008, reason: 'No such room' });
      expect(app.logs.messages('warn').join()).toContain('the filter is broken');
      expect(await recorder.release()).toEqual([]);
    });
  });

  const baseFilter = {
    name: 'a global BaseExceptionFilter',
    filter: (host: HttpAdapterHost) => new ExtendedFilter(host.httpAdapter),
  };
  const httpOnly = { name: 'a filter for HTTP only', filter: () => new HttpOnlyFilter() };

  describe.each([baseFilter, httpOnly])('$name', ({ filter }) => {
    const start = () =>
      startApp(platform, {
        controllers: [PlainController, GuardedController],
        configure: (nest) => void nest.useGlobalFilters(filter(nest.get(HttpAdapterHost))),
      });

    it('leaves messages to the error policy, and crashes nothing', async () => {
      const recorder = unhandled();
      const app = await start();
      const other = await app.connect('/plain/say');
      const expected = [
        ['error', 1011, 'Internal server error'],
        ['not found', 1008, 'No such room'],
        ['ws', 1008, 'No'],
      ] as const;
      for (const [text, code, reason] of expected) {
        const client = await app.connect('/plain/say');
        client.send(text);
        expect(await client.closed).toMatchObject({ code, reason });
      }
      other.send('hi');
      expect(await other.text()).toBe('hi');
      expect(await recorder.release()).toEqual([]);
    });

    it('answers at the handshake', async () => {
      const app = await start();
      await expect(app.connect('/guarded/room')).rejects.toMatchObject({ status: 403 });
    });
  });

  describe('at the handshake', () => {
    it("have a host of type 'http', and write the response", async () => {
      const app = await startApp(platform, { controllers: [GuardedController] });
      const refused = app.connect('/guarded/filtered');
      await expect(refused).rejects.toMatchObject({
        status: 499,
        body: JSON.stringify({ type: 'http', message: 'Not you' }),
      });
    });

    it('that return what they would send as a message leave the answer to Nest', async () => {
      const app = await startApp(platform, {
        controllers: [GuardedController],
        configure: (nest) => void nest.useGlobalFilters(new CatchAll('global')),
      });
      await expect(app.connect('/guarded/room')).rejects.toMatchObject({
        status: 403,
        body: textWith('Not you'),
      });
    });

    it('cannot keep a client waiting', async () => {
      const app = await startApp(platform, {
        controllers: [GuardedController],
        forRoot: { handshakeTimeout: 50 },
      });
      await expect(app.connect('/guarded/unanswered')).rejects.toMatchObject({ status: 408 });
    });

    it('are not asked where none catches the type', async () => {
      const app = await startApp(platform, {
        controllers: [GuardedController],
        configure: (nest) => {
          nest.useGlobalFilters(new CatchBadRequest('global'));
        },
      });
      await expect(app.connect('/guarded/room')).rejects.toMatchObject({ status: 403 });
    });
  });
});
