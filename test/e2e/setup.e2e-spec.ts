import { Body, Controller, Get, Module, type INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { RevaliWsModule, WebSocket } from 'nestjs-revali-ws';
import { Server } from 'node:http';
import { startApp } from '../support/apps/app-factory.js';
import { closeAllClients } from '../support/clients/open-clients.js';
import { platforms } from '../support/apps/platforms.js';
import { closeAllApps } from '../support/apps/running-app.js';
import { TestClient } from '../support/clients/test-client.js';

@Controller('example')
class EchoController {
  @WebSocket('websocket')
  echo(@Body() message: string): string {
    return `Echo: ${message}`;
  }
}

@Module({ imports: [RevaliWsModule.forRoot()], controllers: [EchoController] })
class AppModule {}

async function expectEcho(url: string): Promise<void> {
  const client = await TestClient.connect(url);
  client.send('hi');
  expect(await client.text()).toBe('Echo: hi');
  await client.close();
}

async function urlOf(app: INestApplication): Promise<string> {
  return `${(await app.getUrl()).replace('http', 'ws')}/example/websocket`;
}

describe.each(platforms)('an application on $name', (platform) => {
  let app: INestApplication | undefined;

  afterEach(async () => {
    await closeAllClients();
    await app?.close();
    app = undefined;
    await closeAllApps();
  });

  it('made by NestFactory.create() serves after listen(), with nothing else to wire', async () => {
    app = await NestFactory.create(AppModule, platform.createAdapter(), { logger: false });
    await app.listen(0, '127.0.0.1');
    await expectEcho(await urlOf(app));
  });

  it('made by Test.createTestingModule() serves after listen()', async () => {
    const testing = await Test.createTestingModule({ imports: [AppModule] }).compile();
    app = testing.createNestApplication(platform.createAdapter(), { logger: false });
    await app.listen(0, '127.0.0.1');
    await expectEcho(await urlOf(app));
  });

  it('serves after init(), when its server is then told to listen', async () => {
    const testing = await Test.createTestingModule({ imports: [AppModule] }).compile();
    app = testing.createNestApplication(platform.createAdapter(), { logger: false });
    await app.init();
    const server: unknown = app.getHttpServer();
    if (!(server instanceof Server)) throw new Error('the app has no server');
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    const address = server.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    await expectEcho(`ws://127.0.0.1:${port}/example/websocket`);
  });

  it('may be made twice in one process', async () => {
    const setup = { controllers: [EchoController] };
    const [one, two] = await Promise.all([startApp(platform, setup), startApp(platform, setup)]);
    await expectEcho(one.url('/example/websocket'));
    await one.close();
    await expectEcho(two.url('/example/websocket'));
  });

  it('without a WebSocket route starts, and serves HTTP', async () => {
    @Controller('plain')
    class PlainController {
      @Get()
      get(): string {
        return 'plain';
      }
    }
    const running = await startApp(platform, { controllers: [PlainController] });
    expect(await running.get('/plain')).toMatchObject({ status: 200, body: 'plain' });
    await expect(running.connect('/plain')).rejects.toMatchObject({ status: 404 });
    expect(running.logs.at('error')).toEqual([]);
  });
});

describe('an application without a server', () => {
  it("may import the module: it starts, and its routes are nobody's", async () => {
    const context = await NestFactory.createApplicationContext(AppModule, {
      logger: false,
      abortOnError: false,
    });
    expect(context.get(EchoController)).toBeInstanceOf(EchoController);
    await context.close();
  });

  it('may be a testing module that is never made into an application', async () => {
    const testing = await Test.createTestingModule({ imports: [AppModule] }).compile();
    await testing.init();
    expect(testing.get(EchoController).echo('hi')).toBe('Echo: hi');
    await testing.close();
  });
});
