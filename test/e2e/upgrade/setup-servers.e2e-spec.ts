import { Body, Controller, Get, Injectable, UseGuards, type CanActivate } from '@nestjs/common';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { WebSocket, WebSocketServers } from 'nestjs-revali-ws';
import { createServer as createHttpServer, type Server } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { connect } from 'node:tls';
import { startApp } from '../../support/apps/app-factory.js';
import { closeAllClients } from '../../support/clients/open-clients.js';
import { listenerOf } from '../../support/apps/request-listener.js';
import { platforms, type Platform } from '../../support/apps/platforms.js';
import { closeAllApps, type RunningApp } from '../../support/apps/running-app.js';
import { TestClient, type TestClientOptions } from '../../support/clients/test-client.js';
import { tlsFixture } from '../../support/apps/tls-fixture.js';

@Injectable()
class TokenGuard implements CanActivate {
  canActivate(context: Parameters<CanActivate['canActivate']>[0]): boolean {
    const { headers } = context.switchToHttp().getRequest<{ headers: Record<string, string> }>();
    return headers['x-token'] !== 'wrong';
  }
}

@Controller('example')
class EchoController {
  @WebSocket('websocket')
  @UseGuards(TokenGuard)
  echo(@Body() message: string): string {
    return `Echo: ${message}`;
  }

  @Get('plain')
  plain(): string {
    return 'plain';
  }
}

const trusted: TestClientOptions = { ca: tlsFixture.cert };

async function expectEcho(url: string, options?: TestClientOptions): Promise<void> {
  const client = await TestClient.connect(url, options);
  client.send('hi');
  expect(await client.text()).toBe('Echo: hi');
  await client.close();
}

function startHttps(platform: Platform, handshakeTimeout = 10_000): Promise<RunningApp> {
  const { cert, key } = tlsFixture;
  return startApp(platform, {
    controllers: [EchoController],
    forRoot: { handshakeTimeout },
    ...(platform.name === 'fastify'
      ? { adapter: new FastifyAdapter({ https: { cert, key } }) }
      : { appOptions: { httpsOptions: { cert, key } } }),
  });
}

describe.each(platforms)('HTTPS on $name', (platform) => {
  afterEach(closeAllApps);

  it('serves wss', async () => {
    const app = await startHttps(platform);
    expect(app.url('/example/websocket')).toMatch(/^wss:/);
    await expectEcho(app.url('/example/websocket'), trusted);
  });

  it('has the guards refuse over TLS as well', async () => {
    const app = await startHttps(platform);
    await expect(
      app.connect('/example/websocket', { ...trusted, headers: { 'x-token': 'wrong' } }),
    ).rejects.toMatchObject({ status: 403 });
  });

  it('knows its own origin, and that of the same host without TLS from it', async () => {
    const app = await startHttps(platform);
    const host = `127.0.0.1:${app.port}`;
    await expectEcho(app.url('/example/websocket'), { ...trusted, origin: `https://${host}` });
    await expect(
      app.connect('/example/websocket', { ...trusted, origin: `http://${host}` }),
    ).rejects.toMatchObject({ status: 403 });
  });

  it('frees a request that stalls, and no connection that has only shaken hands', async () => {
    const app = await startHttps(platform, 60);
    const dial = (bytes: string): Promise<string> =>
      new Promise((resolve, reject) => {
        const socket = connect({ port: app.port, host: '127.0.0.1', ca: tlsFixture.cert });
        let answer = '';
        socket.once('secureConnect', () => socket.write(bytes));
        socket.on('data', (chunk: Buffer) => (answer += chunk.toString()));
        socket.on('error', reject);
        socket.on('close', () => resolve(answer));
      });
    const idle = connect({ port: app.port, host: '127.0.0.1', ca: tlsFixture.cert });
    await new Promise((resolve) => idle.once('secureConnect', resolve));
    expect(await dial('GET /example/web')).toMatch(/^HTTP\/1\.1 408 /);
    expect(idle.readyState).toBe('open');
    idle.destroy();
  });
});

describe.each(platforms)('a second server on $name', (platform) => {
  let second: Server | undefined;

  afterEach(async () => {
    await closeAllClients();
    await new Promise((resolve) =>
      second?.listening ? second.close(resolve) : resolve(undefined),
    );
    await closeAllApps();
  });

  /** The application as a listener for requests, as each platform has it. */
  async function listen(server: Server): Promise<number> {
    second = server;
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    const address = server.address();
    return typeof address === 'object' && address ? address.port : 0;
  }

  it('serves the routes as well, over TLS where it is a server for that', async () => {
    const app = await startApp(platform, { controllers: [EchoController] });
    const server = createHttpsServer(tlsFixture, listenerOf(app.app));
    app.app.get(WebSocketServers).attach(server);
    const port = await listen(server);
    await expectEcho(`wss://127.0.0.1:${port}/example/websocket`, trusted);
    await expectEcho(app.url('/example/websocket'));
    await expect(
      TestClient.connect(`wss://127.0.0.1:${port}/example/websocket`, {
        ...trusted,
        headers: { 'x-token': 'wrong' },
      }),
    ).rejects.toMatchObject({ status: 403 });
  });

  it('serves no longer once it is released, and keeps the connections that it has', async () => {
    const app = await startApp(platform, { controllers: [EchoController] });
    const server = createHttpServer(listenerOf(app.app));
    const before = server.eventNames().length;
    const release = app.app.get(WebSocketServers).attach(server);
    const url = `ws://127.0.0.1:${await listen(server)}/example/websocket`;
    const client = await TestClient.connect(url);
    release();
    expect(server.listenerCount('upgrade')).toBe(0);
    expect(server.eventNames()).toHaveLength(before);
    // Without a listener Node takes an upgrade for the plain request that it also is.
    await expect(TestClient.connect(url)).rejects.toMatchObject({ status: 426 });
    client.send('hi');
    expect(await client.text()).toBe('Echo: hi');
  });

  it('is let go of by app.close(), which tells its clients', async () => {
    const app = await startApp(platform, { controllers: [EchoController] });
    const server = createHttpServer(listenerOf(app.app));
    app.app.get(WebSocketServers).attach(server);
    const client = await TestClient.connect(
      `ws://127.0.0.1:${await listen(server)}/example/websocket`,
    );
    await app.close();
    expect(await client.closed).toMatchObject({ code: 1001 });
    expect(server.listenerCount('upgrade')).toBe(0);
    expect(server.listening).toBe(true);
  });

  it('cannot be attached before the application is initialised', async () => {
    let fault: unknown;
    await startApp(platform, {
      controllers: [EchoController],
      configure: (nest) => {
        try {
          nest.get(WebSocketServers).attach(createHttpServer());
        } catch (error) {
          fault = error;
        }
      },
    });
    expect(String(fault)).toContain('Await app.init() first.');
  });
});
