import {
  Body,
  Controller,
  Get,
  UseGuards,
  type CanActivate,
  type ExecutionContext,
} from '@nestjs/common';
import { once } from 'node:events';
import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectHttp2 } from 'node:http2';
import { WebSocket } from 'nestjs-revali-ws';
import { inClear, secureAlone, startHttp2App } from '../../support/apps/http2-app.js';
import { closeAllApps, type RunningApp } from '../../support/apps/running-app.js';
import { Http2Session } from '../../support/clients/http2-session.js';
import { eventually, within } from '../../support/deadline.js';

/** Answers what no guard should, by the name of the path. */
class Odd implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const http = context.switchToHttp();
    const { url } = http.getRequest<{ url: string }>();
    const reply = http.getResponse<{
      code(status: number): { send(body?: unknown): void };
      header(name: string, value: string): void;
    }>();
    if (url === '/odd/large') reply.header('x-large', 'x'.repeat(70_000));
    else if (url === '/odd/named') reply.header('constructor', 'mine');
    else reply.code(Number(url.slice('/odd/'.length))).send();
    return !/\d/.test(url);
  }
}

@Controller()
class FeedController {
  @WebSocket('echo')
  echo(@Body() message: string): string {
    return message;
  }

  /** More than any window takes. */
  @WebSocket('feed', { mode: 'sendOnly' })
  async *feed(): AsyncGenerator<string> {
    for (;;) yield await Promise.resolve('x'.repeat(100_000));
  }

  @WebSocket('odd/:kind')
  @UseGuards(Odd)
  odd(@Body() message: string): string {
    return message;
  }

  @Get('page')
  page(): string {
    return 'page';
  }
}

const controllers = [FeedController];

/** A client whose TCP connection nobody reads. */
async function deafClient(app: RunningApp): Promise<Socket> {
  const tcp = connectTcp(app.port, '127.0.0.1');
  tcp.on('error', () => undefined);
  await once(tcp, 'connect');
  const session = connectHttp2(`http://127.0.0.1:${app.port}`, {
    createConnection: () => tcp,
    settings: { initialWindowSize: 2 ** 31 - 1 },
  });
  session.on('error', () => undefined);
  await once(session, 'remoteSettings');
  session.setLocalWindowSize(2 ** 31 - 1);
  const stream = session.request(
    {
      ':method': 'CONNECT',
      ':protocol': 'websocket',
      ':scheme': 'http',
      ':path': '/feed',
      ':authority': `127.0.0.1:${app.port}`,
      'sec-websocket-version': '13',
    },
    { endStream: false },
  );
  stream.on('error', () => undefined);
  await once(stream, 'response');
  tcp.pause();
  // The handle reads past the pause of the stream.
  const { _handle: handle } = tcp as unknown as { _handle: { readStop(): void } };
  handle.readStop();
  return tcp;
}

const countConnections = (app: RunningApp): Promise<number> =>
  new Promise((resolve, reject) => {
    app.server.getConnections((error, count) => (error ? reject(error) : resolve(count)));
  });

describe('connections of HTTP/2 whose client', () => {
  afterEach(closeAllApps);

  it('reads nothing more end after their last WebSocket', async () => {
    const app = await startHttp2App({
      controllers,
      forRoot: { closeTimeout: 100, backpressure: { timeout: 200 } },
    });
    const tcp = await deafClient(app);
    await eventually(async () => expect(await countConnections(app)).toBe(0), 'its end');
    tcp.destroy();
  });

  it('reads nothing more do not hold up a shutdown', async () => {
    const app = await startHttp2App({
      controllers,
      forRoot: { closeTimeout: 200, shutdownTimeout: 200 },
    });
    const tcp = await deafClient(app);
    await app.close();
    tcp.destroy();
  });

  it.each([
    ['has had a WebSocket', true],
    ['has had none', false],
  ])('%s do not hold up a shutdown', async (_what, opens) => {
    const app = await startHttp2App({ controllers });
    const session = await Http2Session.open(app);
    expect(await session.get('/page')).toBe(200);
    if (opens) {
      const asked = session.connect('/echo');
      await asked.answer;
      asked.reset();
      await asked.closed;
    }
    await within(app.close(), 'the shutdown', 5_000);
  });

  it('does not answer a close frame are ended with their last WebSocket', async () => {
    const app = await startHttp2App({
      controllers,
      forRoot: { maxLifetime: 150, closeTimeout: 50 },
    });
    const session = await Http2Session.open(app);
    const deaf = session.connect('/echo');
    expect((await deaf.answer).status).toBe(200);
    // Does not answer the close frame.
    expect(await deaf.closed).toBe(8);
    await eventually(() => expect(session.isOver).toBe(true), 'the end of the session');
  });
});

describe.each([
  ['in clear', inClear],
  ['over TLS', secureAlone],
])('answers that HTTP/2 cannot carry, %s', (_how, createAdapter) => {
  afterEach(closeAllApps);

  it.each([204, 205, 304])('%i arrives without a body', async (status) => {
    const app = await startHttp2App({ controllers }, createAdapter);
    const session = await Http2Session.open(app);
    expect((await session.connect(`/odd/${status}`).answer).status).toBe(status);
    expect(await session.get('/page')).toBe(200);
  });

  it('become 500 where they are too large, and siblings go on', async () => {
    const app = await startHttp2App({ controllers }, createAdapter);
    const session = await Http2Session.open(app);
    expect((await session.connect('/odd/large').answer).status).toBe(500);
    expect(await session.get('/page')).toBe(200);
    expect((await session.connect('/echo').answer).status).toBe(200);
  });

  it('keep headers with the names of what every object has', async () => {
    const app = await startHttp2App({ controllers }, createAdapter);
    const session = await Http2Session.open(app);
    const { status, headers } = await session.connect('/odd/named').answer;
    expect([status, Object.entries(headers).find(([name]) => name === 'constructor')]).toEqual([
      200,
      ['constructor', 'mine'],
    ]);
  });
});
