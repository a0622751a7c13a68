import { Body, Controller, Injectable, UseGuards, type CanActivate } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { RevaliWsModule, WebSocket } from 'nestjs-revali-ws';
import { channel } from 'node:diagnostics_channel';
import { Server } from 'node:net';
import { startApp } from '../support/apps/app-factory.js';
import { eventually } from '../support/deadline.js';
import { activeSockets, activeTimers, listenerCounts, unhandled } from '../support/faults/leaks.js';
import type { Platform } from '../support/apps/platforms.js';
import { transports } from '../support/apps/transports.js';
import { closeAllApps, type RunningApp } from '../support/apps/running-app.js';

/** Guards and handlers that wait to be let go. */
const waiting: (() => void)[] = [];

function held(): Promise<void> {
  return new Promise((resolve) => waiting.push(resolve));
}

function letGo(): void {
  for (const resolve of waiting.splice(0)) resolve();
}

@Injectable()
class HoldingGuard implements CanActivate {
  async canActivate(): Promise<boolean> {
    await held();
    return true;
  }
}

@Controller('example')
class ExampleController {
  @WebSocket('echo')
  echo(@Body() message: string): string {
    return `Echo: ${message}`;
  }

  @WebSocket('limited', { idleTimeout: '1h', maxLifetime: '1h', ping: '1h' })
  limited(): string {
    return 'limited';
  }

  @WebSocket('held')
  async held(@Body() message: string): Promise<string> {
    await held();
    return `late: ${message}`;
  }

  @WebSocket('guarded')
  @UseGuards(HoldingGuard)
  guarded(): string {
    return 'let in';
  }
}

function start(platform: Platform): Promise<RunningApp> {
  return startApp(platform, { controllers: [ExampleController] });
}

describe.each(transports)('app.close() on $label', (platform) => {
  afterEach(async () => {
    letGo();
    await closeAllApps();
  });

  it('closes the connections of all routes with 1001', async () => {
    const app = await start(platform);
    const clients = await Promise.all(
      ['/example/echo', '/example/echo', '/example/limited'].map((path) => app.connect(path)),
    );
    await app.close();
    for (const client of clients) {
      expect(await client.closed).toEqual({
        code: 1001,
        reason: 'Server is shutting down',
        wasClean: true,
      });
    }
  });

  it('lets a running handler finish, and sends its result first', async () => {
    const app = await start(platform);
    const client = await app.connect('/example/held');
    client.send('answer');
    await eventually(() => expect(waiting).toHaveLength(1), 'the handler to wait');
    const closing = app.close();
    letGo();
    await closing;
    expect(await client.text()).toBe('late: answer');
    expect(await client.closed).toMatchObject({ code: 1001 });
  });

  it('refuses with 503 the handshakes that are under way', async () => {
    const recorder = unhandled();
    const app = await start(platform);
    const pending = app.connect('/example/guarded');
    await eventually(() => expect(waiting).toHaveLength(1), 'the guard to wait');
    await app.close();
    await expect(pending).rejects.toMatchObject({ status: 503, headers: { 'retry-after': '5' } });
    letGo();
    expect(await recorder.release()).toEqual([]);
  });

  it('refuses with 503 the upgrades that come while a handler still runs', async () => {
    const app = await start(platform);
    const client = await app.connect('/example/held');
    client.send('answer');
    await eventually(() => expect(waiting).toHaveLength(1), 'the handler to wait');
    const closing = app.close();
    // Nest lets the server listen until all modules are done.
    const answer = await app.connect('/example/echo').catch((error: unknown) => error);
    expect(answer).toMatchObject({ status: 503 });
    expect(answer).toHaveProperty('headers.retry-after');
    letGo();
    await closing;
  });

  it('leaves no listener of ours on the server', async () => {
    const plain = await startApp(platform, { withoutRevaliWs: true });
    await plain.close();
    const app = await start(platform);
    await app.connect('/example/echo');
    expect(app.server.listenerCount('upgrade')).toBe(1);
    await app.close();
    expect(listenerCounts(app.server)).toEqual(listenerCounts(plain.server));
  });

  it('leaves no socket open and no timer running', async () => {
    const timers = activeTimers();
    const sockets = activeSockets();
    const requests = channel('http.server.request.start');
    expect(requests.hasSubscribers).toBe(false);
    const app = await start(platform);
    const clients = await Promise.all([
      app.connect('/example/echo'),
      app.connect('/example/limited'),
      app.raw(),
    ]);
    expect(activeTimers()).toBeGreaterThan(timers);
    await app.connect('/nowhere').catch(() => undefined);
    clients[2].destroy();
    await app.close();
    expect(app.server.listening).toBe(false);
    await eventually(() => expect(activeSockets()).toBeLessThanOrEqual(sockets), 'no socket left');
    await eventually(() => expect(activeTimers()).toBeLessThanOrEqual(timers), 'no timer left');
    expect(requests.hasSubscribers).toBe(false);
  });

  it('frees a client that does not answer the close, within closeTimeout', async () => {
    const app = await startApp(platform, {
      controllers: [ExampleController],
      forRoot: { closeTimeout: 50 },
    });
    const client = await app.raw();
    client.upgrade('/example/echo');
    expect((await client.response()).status).toBe(101);
    await app.close();
    await client.ended;
  });

  it('cuts a handler that does not come to an end, after shutdownTimeout', async () => {
    const app = await startApp(platform, {
      controllers: [ExampleController],
      forRoot: { shutdownTimeout: 50 },
    });
    const client = await app.connect('/example/held');
    client.send('never answered');
    await eventually(() => expect(waiting).toHaveLength(1), 'the handler to wait');
    await app.close();
    expect([1001, 1006]).toContain((await client.closed).code);
  });

  it('may be called twice, also at once', async () => {
    const app = await start(platform);
    const client = await app.connect('/example/echo');
    await Promise.all([app.app.close(), app.app.close()]);
    await app.app.close();
    expect(await client.closed).toMatchObject({ code: 1001 });
    expect(app.server.listenerCount('upgrade')).toBe(0);
  });
});

describe.each(transports)('app.close() without listen() on $label', (platform) => {
  const create = async () => {
    const testing = await Test.createTestingModule({
      imports: [RevaliWsModule.forRoot()],
      controllers: [ExampleController],
    }).compile();
    const app = testing.createNestApplication(platform.createAdapter(), { logger: false });
    const server: unknown = app.getHttpServer();
    if (!(server instanceof Server)) throw new Error('the app has no server');
    return { app, server };
  };

  it('leaves nothing behind after init()', async () => {
    const { app, server } = await create();
    const before = server.listenerCount('upgrade');
    await app.init();
    expect(server.listenerCount('upgrade')).toBe(before + 1);
    await app.close();
    expect(server.listenerCount('upgrade')).toBe(before);
  });

  it('does nothing before init()', async () => {
    const { app, server } = await create();
    const before = listenerCounts(server);
    await app.close();
    expect(server.listenerCount('upgrade')).toBe(before['upgrade'] ?? 0);
  });
});
