import { EventEmitter, once } from 'node:events';

import {
  Body,
  Controller,
  Global,
  Injectable,
  Module,
  UseGuards,
  type BeforeApplicationShutdown,
  type CanActivate,
  type OnApplicationShutdown,
  type OnModuleDestroy,
} from '@nestjs/common';
import { CleanUp, WebSocket, type WebSocketObserver } from 'nestjs-revali-ws';

import { startApp } from '../support/apps/app-factory.js';
import { eventually, sleep } from '../support/deadline.js';
import { OwnTime } from '../support/own-time.js';
import { gate } from '../support/gate.js';
import { transports } from '../support/apps/transports.js';
import { closeAllApps, type RunningApp } from '../support/apps/running-app.js';
import type { TestClient } from '../support/clients/test-client.js';
import { upgradeStatus } from '../support/clients/upgrade-status.js';

const summaries = (app: RunningApp): string[] =>
  app.logs.entries
    .filter(({ context }) => context === 'WebSocketShutdown')
    .map(({ message }) => message);

const never = (): Promise<never> => new Promise(() => undefined);

describe.each(transports)('app.close() on $label', (platform) => {
  afterEach(closeAllApps);

  it('loses no reply of 1,000 connections whose handlers run', async () => {
    const CLIENTS = 1_000;
    const AT_ONCE = 50;
    const { open, opened } = gate();
    let running = 0;
    @Controller()
    class Busy {
      @WebSocket('busy')
      async work(@Body() message: string): Promise<string> {
        running += 1;
        await opened;
        await sleep(running % 20);
        return `done: ${message}`;
      }
    }
    const app = await startApp(platform, { controllers: [Busy] });
    const clients: TestClient[] = [];
    // A busy machine needs longer than a handshake may take to open them all at once.
    while (clients.length < CLIENTS)
      clients.push(
        ...(await Promise.all(Array.from({ length: AT_ONCE }, () => app.connect('busy')))),
      );
    for (const [index, client] of clients.entries()) {
      client.send(String(index));
      client.send('not started, and dropped');
    }
    await eventually(() => expect(running).toBe(CLIENTS), 'all handlers to run');
    const closing = app.close(10_000);
    expect(await upgradeStatus(app, 'busy')).toBe(503);
    open();
    await closing;
    for (const [index, client] of clients.entries()) {
      expect(await client.text()).toBe(`done: ${index}`);
      expect(await client.closed).toEqual({
        code: 1001,
        reason: 'Server is shutting down',
        wasClean: true,
      });
      expect(client.received).toBe(1);
    }
    expect(running).toBe(CLIENTS);
    expect(summaries(app)).toEqual([
      `Connections: ${CLIENTS} closed, 0 forced. Calls: ${CLIENTS} finished, 0 aborted. Handshakes: 1 refused.`,
    ]);
  });

  it('does not wait for a generator that waits for the signal of its connection', async () => {
    const ended: string[] = [];
    @Controller()
    class Feed {
      private readonly news = new EventEmitter();

      @WebSocket('feed', { mode: 'sendOnly' })
      async *feed(signal: AbortSignal): AsyncGenerator<string> {
        try {
          yield 'first';
          await once(this.news, 'more', { signal });
        } finally {
          ended.push('feed');
        }
      }
    }
    const app = await startApp(platform, { controllers: [Feed] });
    const client = await app.connect('feed');
    expect(await client.text()).toBe('first');
    await app.close();
    expect(ended).toEqual(['feed']);
    expect(await client.closed).toMatchObject({ code: 1001, wasClean: true });
    expect(summaries(app)).toEqual([
      'Connections: 1 closed, 0 forced. Calls: 1 finished, 0 aborted. Handshakes: 0 refused.',
    ]);
  });

  it('leaves the signal of a connection alone while a handler works that may still answer', async () => {
    const { open, opened } = gate();
    let startedWith: AbortSignal | undefined;
    @Controller()
    class Busy {
      @WebSocket('busy')
      async work(@Body() _message: string, signal: AbortSignal): Promise<string> {
        startedWith = signal;
        await opened;
        return signal.aborted ? 'aborted' : 'done';
      }
    }
    const app = await startApp(platform, { controllers: [Busy] });
    const client = await app.connect('busy');
    client.send('go');
    await eventually(() => expect(startedWith).toBeDefined(), 'the handler to run');
    const closing = app.close();
    expect(await upgradeStatus(app, 'busy')).toBe(503);
    open();
    await closing;
    expect(await client.text()).toBe('done');
    expect(startedWith?.aborted).toBe(true);
  });

  it('awaits handlers, observers and clean-ups before it shuts down any provider', async () => {
    const events: string[] = [];
    const slowly = async (event: string, ms = 60): Promise<void> => {
      await sleep(ms);
      events.push(event);
    };
    class Hooks implements OnModuleDestroy, BeforeApplicationShutdown, OnApplicationShutdown {
      onModuleDestroy(): void {
        events.push('hook');
      }
      beforeApplicationShutdown(): void {
        events.push('hook');
      }
      onApplicationShutdown(): void {
        events.push('hook');
      }
    }
    @Injectable()
    class Database extends Hooks {}
    @Injectable()
    class Cache extends Hooks {}
    @Injectable()
    class Queue extends Hooks {}
    @Global()
    @Module({ providers: [Database], exports: [Database] })
    class DatabaseModule extends Hooks {}
    @Module({ providers: [Cache], exports: [Cache] })
    class CacheModule extends Hooks {}
    @Module({ imports: [CacheModule] })
    class DeepModule extends Hooks {}
    class Observer implements WebSocketObserver {
      onClose(): Promise<void> {
        return slowly('observer', 200);
      }
    }
    let calls = 0;
    @Controller()
    class Busy extends Hooks {
      constructor(readonly database: Database) {
        super();
      }
      @WebSocket('busy')
      async work(cleanUp: CleanUp): Promise<void> {
        calls += 1;
        cleanUp.add(() => slowly('clean-up'));
        await slowly('handler');
      }
    }
    const app = await startApp(platform, {
      imports: [DatabaseModule, DeepModule],
      controllers: [Busy],
      providers: [Queue],
      forRoot: { observers: [new Observer()] },
    });
    const client = await app.connect('busy');
    client.send('go');
    await eventually(() => expect(calls).toBe(1), 'the handler to run');
    await app.close();
    const firstHook = events.indexOf('hook');
    expect(events.slice(0, firstHook).toSorted()).toEqual(['clean-up', 'handler', 'observer']);
    expect(events.slice(0, 1)).toEqual(['handler']);
    // Four modules' providers, controllers and classes, three hooks each.
    expect(events.slice(firstHook)).toEqual(Array.from({ length: 21 }, () => 'hook'));
  });

  it.each(['handler', 'clean-up', 'observer'])(
    'does not wait for longer than shutdownTimeout (%s that never ends)',
    async (what) => {
      let calls = 0;
      class Observer implements WebSocketObserver {
        onClose(): Promise<void> {
          return what === 'observer' ? never() : Promise.resolve();
        }
      }
      @Controller()
      class Stuck {
        @WebSocket('stuck')
        async work(cleanUp: CleanUp): Promise<void> {
          calls += 1;
          if (what === 'clean-up') cleanUp.add(never);
          if (what === 'handler') await never();
        }
      }
      const app = await startApp(platform, {
        controllers: [Stuck],
        forRoot: { shutdownTimeout: 150, observers: [new Observer()] },
      });
      const client = await app.connect('stuck');
      client.send('go');
      await eventually(() => expect(calls).toBe(1), 'the handler to run');
      const began = performance.now();
      const own = new OwnTime();
      await app.close();
      expect(performance.now() - began).toBeGreaterThan(145);
      expect(own.end()).toBeLessThan(1500);
      expect([1001, 1006]).toContain((await client.closed).code);
    },
  );

  it('tells in one line what became of connections, calls and handshakes', async () => {
    let running = 0;
    let guarded = 0;
    const { open, opened } = gate();
    class NeverGuard implements CanActivate {
      canActivate(): Promise<boolean> {
        guarded += 1;
        return never();
      }
    }
    @Controller()
    class Mixed {
      @WebSocket('idle')
      idle(): void {}
      @WebSocket('late')
      async late(): Promise<string> {
        running += 1;
        await opened;
        return 'late';
      }
      @WebSocket('stuck')
      async stuck(): Promise<void> {
        running += 1;
        await never();
      }
      @UseGuards(NeverGuard)
      @WebSocket('guarded')
      guarded(): void {}
    }
    const app = await startApp(platform, {
      controllers: [Mixed],
      forRoot: { shutdownTimeout: 300 },
    });
    const paths = ['idle', 'idle', 'late', 'stuck'];
    const clients = await Promise.all(paths.map((path) => app.connect(path)));
    for (const client of clients) client.send('go');
    const handshake = app.connect('guarded');
    await eventually(() => expect([running, guarded]).toEqual([2, 1]), 'all to be under way');
    const closing = app.close();
    await expect(app.connect('idle')).rejects.toMatchObject({ status: 503 });
    open();
    await closing;
    await expect(handshake).rejects.toMatchObject({ status: 503 });
    expect(summaries(app)).toEqual([
      'Connections: 3 closed, 1 forced. Calls: 1 finished, 1 aborted. Handshakes: 2 refused.',
    ]);
  });

  it('says nothing where there was nobody', async () => {
    const app = await startApp(platform, {});
    await app.close();
    expect(summaries(app)).toEqual([]);
  });

  it('cuts a client that does not read', async () => {
    @Controller()
    class Heavy {
      @WebSocket('heavy')
      *heavy(): Generator<Buffer> {
        for (;;) yield Buffer.alloc(64 * 1024);
      }
    }
    const app = await startApp(platform, {
      controllers: [Heavy],
      forRoot: { shutdownTimeout: 200, closeTimeout: 100 },
    });
    const client = await app.connect('heavy');
    client.pause();
    client.send('go');
    await sleep(50);
    const began = new OwnTime();
    await app.close();
    expect(began.end()).toBeLessThan(1500);
  });
});
