import { Body, Controller, Get } from '@nestjs/common';
import type { AbstractHttpAdapter } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { RevaliWsModule, WebSocket, WebSocketServers } from 'nestjs-revali-ws';
import { connect } from 'nestjs-revali-ws/testing';
import { once } from 'node:events';
import type { Server } from 'node:http';
import {
  connect as connectHttp2,
  createSecureServer,
  type ClientHttp2Session,
  type Http2SecureServer,
  type Http2Server,
  type IncomingHttpHeaders,
} from 'node:http2';
import { startApp, type AppSetup } from '../../support/apps/app-factory.js';
import { within } from '../../support/deadline.js';
import { unhandled, type UnhandledRecorder } from '../../support/faults/leaks.js';
import { platforms } from '../../support/apps/platforms.js';
import { RawClient } from '../../support/raw/raw-client.js';
import { closeAllApps, type RunningApp } from '../../support/apps/running-app.js';
import { TestClient } from '../../support/clients/test-client.js';
import { tlsFixture } from '../../support/apps/tls-fixture.js';

@Controller()
class HouseController {
  @Get('page')
  page(): string {
    return 'page';
  }

  @WebSocket('live')
  live(@Body() message: string): string {
    return `heard ${message}`;
  }
}

/** Fastify alone of the two speaks HTTP/2. */
const [, fastify] = platforms;
if (fastify?.name !== 'fastify') throw new Error('the second platform is not Fastify');

const clear = (): AbstractHttpAdapter => new FastifyAdapter<Http2Server>({ http2: true });
const both = (): AbstractHttpAdapter =>
  new FastifyAdapter<Http2SecureServer>({
    http2: true,
    https: { ...tlsFixture, allowHTTP1: true },
  });
const secureAlone = (): AbstractHttpAdapter =>
  new FastifyAdapter<Http2SecureServer>({ http2: true, https: tlsFixture });

/** All that is used of a server is the same in those of HTTP/2 that speak HTTP/1.1 as well. */
function isHttpServer(server: object): server is Server {
  return 'listen' in server;
}

const trusting = { rejectUnauthorized: false };

describe('HTTP/2 on fastify', () => {
  let recorder: UnhandledRecorder;
  const sessions: ClientHttp2Session[] = [];

  beforeEach(() => {
    recorder = unhandled();
  });

  afterEach(async () => {
    for (const session of sessions.splice(0)) session.destroy();
    await closeAllApps();
    expect(await recorder.release()).toEqual([]);
  });

  const start = (adapter: AbstractHttpAdapter, setup: AppSetup = {}): Promise<RunningApp> =>
    startApp(fastify, { controllers: [HouseController], adapter, ...setup });

  function open(app: RunningApp): ClientHttp2Session {
    const session = connectHttp2(app.http(''), trusting);
    session.on('error', () => undefined);
    sessions.push(session);
    return session;
  }

  async function headersOf(
    app: RunningApp,
    path: string,
    method = 'GET',
  ): Promise<IncomingHttpHeaders> {
    const stream = open(app).request({ ':path': path, ':method': method });
    const answer = new Promise<IncomingHttpHeaders>((resolve, reject) => {
      stream.on('response', resolve);
      stream.on('error', reject);
    });
    return within(answer, `the answer to ${path}`);
  }

  describe.each([
    ['in clear', clear],
    ['over TLS', both],
  ])('%s', (_how, createAdapter) => {
    it.each(['GET', 'HEAD'])('answers a %s of a WebSocket path with 426', async (method) => {
      const app = await start(createAdapter());
      const headers = await headersOf(app, '/live', method);
      expect(headers[':status']).toBe(426);
      expect(headers).not.toHaveProperty('connection');
      expect(headers).not.toHaveProperty('upgrade');
    });

    it('serves everything else as ever', async () => {
      const app = await start(createAdapter());
      expect((await headersOf(app, '/page'))[':status']).toBe(200);
      expect((await headersOf(app, '/nowhere'))[':status']).toBe(404);
    });
  });

  it('leaves WebSockets over HTTP/1.1 on the same server as they are', async () => {
    const app = await start(both());
    const client = await TestClient.connect(app.url('/live'), {
      ...trusting,
      origin: app.http('').slice(0, -1),
    });
    client.send('a');
    expect(await client.text()).toBe('heard a');
    expect((await headersOf(app, '/page'))[':status']).toBe(200);
    await client.close();
  });

  it('refuses over HTTP/1.1 as ever', async () => {
    const app = await start(both());
    const get = await app.raw();
    get.write('GET /live HTTP/1.1\r\nHost: a\r\n\r\n');
    expect(await get.response()).toMatchObject({
      status: 426,
      headers: { upgrade: ['websocket'], connection: ['close, Upgrade'] },
    });
    const unknown = await app.raw();
    unknown.upgrade('/nowhere');
    expect((await unknown.response()).status).toBe(404);
    const stranger = await app.raw();
    stranger.upgrade('/page', { headers: [['Upgrade', 'h2c']] });
    expect(await stranger.response()).toMatchObject({ status: 200, body: 'page' });
    const behind = await app.raw();
    behind.write('GET /page HTTP/1.1\r\nHost: a\r\n\r\n');
    behind.upgrade('/live');
    expect((await behind.response()).status).toBe(200);
    expect((await behind.response()).status).toBe(101);
  });

  it('frees heads over HTTP/1.1 that stall, and no session', async () => {
    const app = await start(both(), { forRoot: { handshakeTimeout: 60 } });
    const session = open(app);
    await once(session, 'connect');
    const stalled = await app.raw();
    stalled.write('GET /live HTTP/1.1\r\n');
    expect((await stalled.response()).status).toBe(408);
    const stream = session.request({ ':path': '/page' });
    const [headers] = (await once(stream, 'response')) as [IncomingHttpHeaders];
    expect(headers[':status']).toBe(200);
  });

  describe.each([true, false])('connect() of the testing kit, on a port: %s', (hasPort) => {
    async function openApp(adapter: AbstractHttpAdapter) {
      const compiled = await Test.createTestingModule({
        imports: [RevaliWsModule.forRoot()],
        controllers: [HouseController],
      }).compile();
      const app = compiled.createNestApplication(adapter, { logger: false });
      await (hasPort ? app.listen(0, '127.0.0.1') : app.init());
      return app;
    }

    it('reaches a server that speaks both', async () => {
      const app = await openApp(both());
      const socket = await connect(app, '/live');
      socket.send('a');
      expect(await socket.text()).toBe('heard a');
      await socket.close();
      await expect(connect(app, '/nowhere')).rejects.toMatchObject({ status: 404 });
      await app.close();
    });

    it.each([
      ['in clear', clear],
      ['over TLS', secureAlone],
    ])('says what a server lacks that speaks HTTP/2 alone, %s', async (_how, createAdapter) => {
      const app = await openApp(createAdapter());
      await expect(connect(app, '/live')).rejects.toThrow('allowHTTP1: true');
      await app.close();
    });
  });
});

describe.each(platforms)('a second server of HTTP/2 on $name', (platform) => {
  afterEach(closeAllApps);

  it('serves WebSockets over HTTP/1.1', async () => {
    const app = await startApp(platform, { controllers: [HouseController] });
    const second = createSecureServer({ ...tlsFixture, allowHTTP1: true });
    for (const listener of app.server.listeners('request')) {
      second.on('request', (...values) => void Reflect.apply(listener, app.server, values));
    }
    second.listen(0, '127.0.0.1');
    await once(second, 'listening');
    const address = second.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    if (!isHttpServer(second)) throw new Error('no server');
    const detach = app.app.get(WebSocketServers).attach(second);
    const client = await TestClient.connect(`wss://127.0.0.1:${port}/live`, trusting);
    client.send('a');
    expect(await client.text()).toBe('heard a');
    await client.close();
    const stranger = await RawClient.open(port, { isSecure: true });
    stranger.upgrade('/nowhere');
    expect((await stranger.response()).status).toBe(404);
    await stranger.ended;
    detach();
    await within(new Promise((resolve) => second.close(resolve)), 'the second server to close');
  });
});
