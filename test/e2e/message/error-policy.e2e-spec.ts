import {
  BadRequestException,
  Body,
  Controller,
  ForbiddenException,
  HttpException,
  InternalServerErrorException,
  NotFoundException,
  ServiceUnavailableException,
  UnprocessableEntityException,
  UseInterceptors,
  type PipeTransform,
} from '@nestjs/common';
import { WsException } from '@nestjs/websockets';
import { AsyncWebSocketSender, CloseWebSocketException, WebSocket } from 'nestjs-revali-ws';
import { throwError } from 'rxjs';
import { startApp } from '../../support/apps/app-factory.js';
import { objectWith } from '../../support/matchers.js';
import { platforms } from '../../support/apps/platforms.js';
import { closeAllApps } from '../../support/apps/running-app.js';

interface Row {
  readonly what: string;
  readonly thrown?: unknown;
  /** What the handler returns where it throws nothing. */
  readonly returned?: unknown;
  readonly message?: string;
  readonly close: { readonly code: number; readonly reason: string };
  /** None: it closes under both policies. */
  readonly reply?: unknown;
  /** Whether it is the application's fault, and so to be logged with its stack. */
  readonly isFault?: boolean;
}

const SECRET = 'postgres://admin:secret@db';
const INTERNAL = {
  close: { code: 1011, reason: 'Internal server error' },
  reply: { statusCode: 500, message: 'Internal server error' },
  isFault: true,
};
const validation = new BadRequestException(['name must be a string', 'age must be a number']);
const own = new HttpException({ code: 'ROOM_FULL', seats: 0 }, 409);

const rows: readonly Row[] = [
  {
    what: 'CloseWebSocketException',
    thrown: new CloseWebSocketException(4003, 'Over'),
    close: { code: 4003, reason: 'Over' },
  },
  {
    what: 'an undecodable payload',
    message: '{"password":"hunter2"',
    close: { code: 1007, reason: 'Invalid payload' },
    reply: { statusCode: 400, message: 'Invalid payload' },
  },
  {
    what: 'a polluting payload',
    message: '{"__proto__":{"isAdmin":true}}',
    close: { code: 1007, reason: 'Invalid payload' },
    reply: { statusCode: 400, message: 'Invalid payload' },
  },
  {
    what: '400',
    thrown: new BadRequestException('No name'),
    close: { code: 1007, reason: 'No name' },
    reply: { statusCode: 400, message: 'No name', error: 'Bad Request' },
  },
  {
    what: '400 of a ValidationPipe',
    thrown: validation,
    close: { code: 1007, reason: validation.message },
    reply: validation.getResponse(),
  },
  {
    what: '422',
    thrown: new UnprocessableEntityException('Too short'),
    close: { code: 1007, reason: 'Too short' },
    reply: { statusCode: 422, message: 'Too short', error: 'Unprocessable Entity' },
  },
  {
    what: '403',
    thrown: new ForbiddenException('Not yours'),
    close: { code: 1008, reason: 'Not yours' },
    reply: { statusCode: 403, message: 'Not yours', error: 'Forbidden' },
  },
  {
    what: '404',
    thrown: new NotFoundException(),
    close: { code: 1008, reason: 'Not Found' },
    reply: { statusCode: 404, message: 'Not Found' },
  },
  {
    what: '418 with a text for a response',
    thrown: new HttpException('Teapot', 418),
    close: { code: 1008, reason: 'Teapot' },
    reply: { statusCode: 418, message: 'Teapot' },
  },
  {
    what: '409 with a response of its own',
    thrown: own,
    close: { code: 1008, reason: own.message },
    reply: { code: 'ROOM_FULL', seats: 0 },
  },
  {
    what: 'WsException',
    thrown: new WsException('Slow down'),
    close: { code: 1008, reason: 'Slow down' },
    reply: objectWith({ message: 'Slow down' }),
  },
  {
    what: 'WsException with an object',
    thrown: new WsException({ message: 'Slow down', after: 5 }),
    close: { code: 1008, reason: 'Slow down' },
    reply: { message: 'Slow down', after: 5 },
  },
  { what: '500', thrown: new InternalServerErrorException(SECRET), ...INTERNAL },
  { what: '503', thrown: new ServiceUnavailableException(SECRET), ...INTERNAL },
  { what: 'Error', thrown: new Error(SECRET), ...INTERNAL },
  { what: 'a text', thrown: SECRET, ...INTERNAL },
  { what: 'an object', thrown: { message: SECRET, status: 400 }, ...INTERNAL },
];

let current: Row | undefined;

class ThrowingPipe implements PipeTransform {
  transform(value: unknown): unknown {
    fail();
    return value;
  }
}

function fail(): void {
  // oxlint-disable-next-line typescript/only-throw-error -- users throw what they like
  if (current && 'thrown' in current) throw current.thrown;
}

const ThrowAfter = UseInterceptors({
  intercept: (_context, next) =>
    current && 'thrown' in current ? throwError(() => current?.thrown) : next.handle(),
});

class FailingRoutes {
  @WebSocket('handler')
  handler(@Body() _body: unknown[]): string {
    fail();
    return 'fine';
  }

  @WebSocket('promise')
  async promise(@Body() _body: unknown[]): Promise<string> {
    await Promise.resolve();
    fail();
    return 'fine';
  }

  @WebSocket('pipe')
  pipe(@Body(ThrowingPipe) _body: unknown[]): string {
    return 'fine';
  }

  @ThrowAfter
  @WebSocket('interceptor')
  interceptor(@Body() _body: unknown[]): string {
    return 'fine';
  }

  @WebSocket('stream')
  async *stream(@Body() _body: unknown[]): AsyncGenerator<string> {
    fail();
    yield 'fine';
  }
}

@Controller('of-module')
class OfModuleController extends FailingRoutes {}

@Controller()
class OwnController {
  @WebSocket('own-close', { errors: 'close' })
  close(@Body() _body: unknown[]): string {
    fail();
    return 'fine';
  }

  @WebSocket('own-reply', { errors: 'reply' })
  reply(@Body() _body: unknown[]): string {
    fail();
    return 'fine';
  }

  @WebSocket('stream-then-fail', { errors: 'reply' })
  async *half(@Body() text: string): AsyncGenerator<string> {
    yield text;
    throw new NotFoundException('No more');
  }

  @WebSocket('unserializable', { errors: 'close' })
  unserializable(): unknown {
    return 1n;
  }

  @WebSocket('unserializable-send', { errors: 'close' })
  unserializableSend(sender: AsyncWebSocketSender): void {
    void sender.send(1n);
  }
}

const environments = ['production', 'development', undefined] as const;

describe.each(platforms)('errors in messages on $name', (platform) => {
  const environment = process.env['NODE_ENV'];
  afterEach(async () => {
    setEnvironment(environment);
    current = undefined;
    await closeAllApps();
  });

  const start = (errors: 'close' | 'reply' | undefined) =>
    startApp(platform, {
      controllers: [OfModuleController, OwnController],
      forRoot: errors ? { errors } : {},
    });

  const closing = [
    ...environments.map(
      (nodeEnv) => ({ nodeEnv, errors: undefined, path: '/of-module/handler' }) as const,
    ),
    { nodeEnv: environment, errors: 'close', path: '/of-module/promise' },
    { nodeEnv: environment, errors: 'close', path: '/of-module/pipe' },
    { nodeEnv: environment, errors: 'close', path: '/of-module/interceptor' },
    { nodeEnv: environment, errors: 'close', path: '/of-module/stream' },
    { nodeEnv: environment, errors: 'reply', path: '/own-close' },
  ] as const;

  it.each(closing)(
    'close where the module says $errors: $path, NODE_ENV $nodeEnv',
    async ({ nodeEnv, errors, path }) => {
      setEnvironment(nodeEnv);
      const app = await start(errors);
      for (const row of rows) {
        app.logs.clear();
        current = row;
        const client = await app.connect(path);
        client.send(row.message ?? '[]');
        const { code, reason } = await client.closed;
        expect({ what: row.what, code, reason }).toEqual({ what: row.what, ...row.close });
        expect(client.received).toBe(0);
        expectLogged(app.logs, row);
      }
    },
  );

  const replying = [
    ...environments.map(
      (nodeEnv) => ({ nodeEnv, errors: 'reply', path: '/of-module/handler' }) as const,
    ),
    { nodeEnv: environment, errors: 'reply', path: '/of-module/promise' },
    { nodeEnv: environment, errors: 'reply', path: '/of-module/pipe' },
    { nodeEnv: environment, errors: 'reply', path: '/of-module/interceptor' },
    { nodeEnv: environment, errors: 'reply', path: '/of-module/stream' },
    { nodeEnv: environment, errors: 'close', path: '/own-reply' },
  ] as const;

  it.each(replying)(
    'reply where the module says $errors: $path, NODE_ENV $nodeEnv',
    async ({ nodeEnv, errors, path }) => {
      setEnvironment(nodeEnv);
      const app = await start(errors);
      for (const row of rows) {
        app.logs.clear();
        current = row;
        const client = await app.connect(path);
        client.send(row.message ?? '[]');
        if (row.reply === undefined) {
          expect(await client.closed).toMatchObject(row.close);
          continue;
        }
        expect({ what: row.what, reply: await client.json() }).toEqual({
          what: row.what,
          reply: { error: row.reply },
        });
        expectLogged(app.logs, row);
        current = undefined;
        client.send('[]');
        expect(await client.text()).toBe('fine');
        await client.close();
      }
    },
  );

  it('that come in the middle of a stream leave what was sent before', async () => {
    const app = await start(undefined);
    const client = await app.connect('/stream-then-fail');
    for (const text of ['one', 'two']) {
      client.send(text);
      expect(await client.text()).toBe(text);
      expect(await client.json()).toMatchObject({ error: { message: 'No more' } });
    }
  });

  it.each(['/unserializable', '/unserializable-send'])(
    'close with 1011 where a message cannot be serialized: %s',
    async (path) => {
      const app = await start(undefined);
      const client = await app.connect(path);
      client.send('go');
      expect(await client.closed).toMatchObject({ code: 1011, reason: 'Internal server error' });
      expect(app.logs.messages('error').join()).toContain('BigInt');
    },
  );

  it('cut a reason to what a close frame can hold', async () => {
    const app = await start(undefined);
    current = {
      what: 'long',
      thrown: new NotFoundException('ü'.repeat(100)),
      close: INTERNAL.close,
    };
    const client = await app.connect('/of-module/handler');
    client.send('[]');
    expect(await client.closed).toMatchObject({
      code: 1008,
      reason: 'ü'.repeat(61),
      wasClean: true,
    });
  });
});

function setEnvironment(value: string | undefined): void {
  if (value === undefined) delete process.env['NODE_ENV'];
  else process.env['NODE_ENV'] = value;
}

/** Faults are logged, with their stack; what a client did wrong is not. */
function expectLogged(
  logs: { at(level: 'error'): { message: string; stack: string | undefined }[] },
  row: Row,
): void {
  const errors = logs.at('error');
  expect(errors).toHaveLength(row.isFault ? 1 : 0);
  if (!row.isFault) return;
  expect(errors[0]?.message).toContain(SECRET);
  if (row.thrown instanceof Error) expect(errors[0]?.stack).toBe(row.thrown.stack);
}
