import {
  Catch,
  Controller,
  Get,
  Injectable,
  UseFilters,
  UseGuards,
  type ArgumentsHost,
  type CanActivate,
  type ExceptionFilter,
  type ExecutionContext,
} from '@nestjs/common';
import { WebSocket, type RevaliWsModuleOptions } from 'nestjs-revali-ws';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { startApp, type AppSetup } from '../../support/apps/app-factory.js';
import { eventually, within } from '../../support/deadline.js';
import { HeldRequests, type HeldRequest } from '../../support/apps/held-requests.js';
import { unhandled, type UnhandledRecorder } from '../../support/faults/leaks.js';
import type { Next } from '../../support/apps/middleware.js';
import { platforms } from '../../support/apps/platforms.js';
import type { RawClient } from '../../support/raw/raw-client.js';
import { closeAllApps, type RunningApp } from '../../support/apps/running-app.js';
import { overTls } from '../../support/apps/tls-app.js';

@Injectable()
class Deny implements CanActivate {
  canActivate(): boolean {
    return false;
  }
}

const LARGE = 2 * 1024 * 1024;

/** In two streams, one after the other: the second begins when the response has drained before. */
function pour(response: ServerResponse): void {
  const chunks = Array.from({ length: 16 }, () => Buffer.alloc(LARGE / 16, 'x'));
  response.statusCode = 418;
  response.setHeader('Content-Length', 2 * LARGE);
  const first = Readable.from(chunks);
  first.on('end', () => Readable.from(chunks).pipe(response));
  first.pipe(response, { end: false });
}

@Injectable()
class Pour implements CanActivate {
  canActivate(context: ExecutionContext): Promise<boolean> {
    pour(rawOf(context));
    return new Promise(() => undefined);
  }
}

@Catch()
class PourFilter implements ExceptionFilter {
  catch(_error: unknown, host: ArgumentsHost): void {
    pour(rawOf(host));
  }
}

function rawOf(host: ArgumentsHost): ServerResponse {
  const response = host.switchToHttp().getResponse<ServerResponse & { raw?: ServerResponse }>();
  return response.raw ?? response;
}

@Controller()
class HouseController {
  @Get('page')
  page(): string {
    return 'page';
  }

  @WebSocket('live')
  live(): void {}

  @WebSocket('denied')
  @UseGuards(Deny)
  denied(): void {}

  @WebSocket('turned-away')
  turnedAway(): void {}

  @WebSocket('held')
  held(): void {}

  @WebSocket('poured')
  poured(): void {}

  @WebSocket('guarded')
  @UseGuards(Pour)
  guarded(): void {}

  @WebSocket('filtered')
  @UseGuards(Deny)
  @UseFilters(PourFilter)
  filtered(): void {}
}

const ABORTED = ['request aborted', 'request close', 'response close'];
const modes: readonly NonNullable<RevaliWsModuleOptions['refusal']>[] = ['http', 'close'];

async function expectAborted({ events, request, response }: HeldRequest): Promise<void> {
  await eventually(() => expect(events).toHaveLength(3), 'both to end');
  expect(events.toSorted()).toEqual(ABORTED);
  expect([request.destroyed, response.destroyed, response.writable]).toEqual([true, true, true]);
  const written = new Promise<unknown>((resolve) => {
    expect(response.write('late', resolve)).toBe(false);
  });
  expect(await within(written, 'the write to fail')).toMatchObject({
    code: 'ERR_STREAM_DESTROYED',
  });
}

describe.each(platforms)('requests and responses of handshakes on $name', (platform) => {
  let recorder: UnhandledRecorder;
  let held: HeldRequests;
  /** What all responses have emitted, with whether they were destroyed by then. */
  let seen: string[];
  /** The requests that have emitted `close`. */
  let closed: string[];

  beforeEach(() => {
    recorder = unhandled();
    held = new HeldRequests();
    seen = [];
    closed = [];
  });

  afterEach(async () => {
    await closeAllApps();
    expect(await recorder.release()).toEqual([]);
  });

  const watch = (request: IncomingMessage, response: ServerResponse, next: Next): void => {
    for (const event of ['finish', 'close']) {
      response.on(event, () => seen.push(`${event} ${response.destroyed}`));
    }
    request.on('close', () => closed.push(request.url ?? ''));
    if (request.url === '/poured') return pour(response);
    if (request.url !== '/turned-away') return next();
    response.statusCode = 401;
    response.end('Stay out');
  };

  const start = (forRoot: RevaliWsModuleOptions = {}, setup: AppSetup = {}): Promise<RunningApp> =>
    startApp(platform, {
      ...setup,
      controllers: [HouseController],
      forRoot,
      configure: (app) => {
        app.use(watch);
        held.install(app);
      },
    });

  async function open(app: RunningApp): Promise<[RawClient, HeldRequest]> {
    const client = await app.raw();
    client.upgrade('/held');
    return [client, await held.at('/held')];
  }

  describe.each(modes)('with refusals by %s', (refusal) => {
    it.each(['/live', '/denied', '/turned-away'])(
      'the response to %s finishes and then closes, once, as that to a GET',
      async (path) => {
        const app = await start({ refusal });
        await app.get('/page');
        await eventually(() => expect(seen).toHaveLength(2), 'the GET to end');
        const plain = seen.splice(0);
        expect(plain).toEqual(['finish false', 'close true']);
        const client = await app.raw();
        client.upgrade(path);
        await client.response();
        await eventually(() => expect(seen).toHaveLength(2), 'the handshake to end');
        client.destroy();
        await app.close();
        expect(seen).toEqual(plain);
        // That of an open connection lives on.
        expect(closed).toEqual(path === '/live' ? ['/page'] : ['/page', path]);
      },
    );

    it('end when the handshake takes too long', async () => {
      const app = await start({ refusal, handshakeTimeout: 60 });
      const [client, request] = await open(app);
      expect((await client.response()).status).toBe(refusal === 'http' ? 408 : 101);
      client.destroy();
      await expectAborted(request);
    });

    it('end when the server closes', async () => {
      const app = await start({ refusal });
      const [client, request] = await open(app);
      const closing = app.close();
      expect((await client.response()).status).toBe(refusal === 'http' ? 503 : 101);
      await expectAborted(request);
      await closing;
    });

    it.each([
      ['a FIN', (client: RawClient) => client.end()],
      ['a reset', (client: RawClient) => client.resetAndDestroy()],
    ])('end when the client leaves by %s', async (_way, leave) => {
      const app = await start({ refusal });
      const [client, request] = await open(app);
      leave(client);
      await expectAborted(request);
    });
  });

  it('end as those of a GET whose client leaves', async () => {
    const app = await start();
    const client = await app.raw();
    client.write('GET /held HTTP/1.1\r\nHost: a\r\n\r\n');
    const request = await held.at('/held');
    client.resetAndDestroy();
    await expectAborted(request);
  });

  describe.each([
    ['in clear', false],
    ['over TLS', true],
  ])('%s', (_how, isSecure) => {
    const setup = (): AppSetup => (isSecure ? overTls(platform) : {});

    it.each([
      ['a middleware', '/held'],
      ['a middleware, within the turn of the request', '/poured'],
      ['a guard', '/guarded'],
      ['a filter', '/filtered'],
    ])(
      'have their time where a large answer of %s leaves as the client reads',
      async (_who, path) => {
        const app = await start({}, setup());
        const client = await app.raw();
        client.pause();
        client.upgrade(path);
        if (path === '/held') pour((await held.at('/held')).response);
        client.resume();
        const { body } = await client.response();
        expect(body).toHaveLength(2 * LARGE);
        await eventually(() => expect(seen).toEqual(['finish false', 'close true']), 'the end');
        await client.ended;
      },
    );

    it('are over where refusals are close frames, however large the answer is', async () => {
      const app = await start({ refusal: 'close' }, setup());
      const client = await app.raw();
      client.upgrade('/poured');
      expect((await client.response()).status).toBe(101);
      expect((await client.nextFrame()).payload.readUInt16BE(0)).toBe(4_418);
      client.destroy();
      await eventually(() => expect(seen).toEqual(['finish false', 'close true']), 'the end');
    });

    it('leave whole where the client offers another protocol', async () => {
      const app = await start({}, setup());
      const client = await app.raw();
      client.pause();
      client.write(
        'GET /poured HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n',
      );
      client.resume();
      expect((await client.response()).body).toHaveLength(2 * LARGE);
    });
  });

  it('end where the answer has begun, and whoever streams it stops', async () => {
    const app = await start({ handshakeTimeout: 60 });
    const [client, request] = await open(app);
    const { response } = request;
    const streaming = setInterval(() => response.write('data: x\n\n'), 5);
    const stopped = new Promise<void>((resolve) => {
      response.on('close', () => {
        clearInterval(streaming);
        resolve();
      });
    });
    await within(stopped, 'the stream to be stopped');
    await client.ended;
    await expectAborted(request);
  });
});
