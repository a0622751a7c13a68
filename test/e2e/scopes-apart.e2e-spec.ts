import { Body, Catch, Controller, UseFilters, type ExceptionFilter } from '@nestjs/common';
import {
  CleanUp,
  NO_REPLY,
  WebSocket,
  WebSocketConnection,
  type WebSocketObserver,
} from 'nestjs-revali-ws';
import { AsyncLocalStorage } from 'node:async_hooks';

import { startApp, type AppSetup } from '../support/app-factory.js';
import { eventually } from '../support/deadline.js';
import { collectGarbage } from '../support/garbage.js';
import { platforms } from '../support/platforms.js';
import { closeAllApps } from '../support/running-app.js';

interface Store {
  readonly name: string;
}

const storage = new AsyncLocalStorage<Store>();
const stores = (): string => storage.getStore()?.name ?? 'none';

/** Middleware that opens a store for each handshake, as nestjs-cls does. */
function scoped(
  enter: 'run' | 'enterWith',
  seen: (store: Store) => void = () => undefined,
): Pick<AppSetup, 'configure'> {
  return {
    configure: (app) => {
      app.use((request: { url: string }, _response: unknown, next: () => void) => {
        const store = { name: request.url.split('?')[1] ?? '' };
        seen(store);
        if (enter === 'run') storage.run(store, next);
        else {
          storage.enterWith(store);
          next();
        }
      });
    },
  };
}

describe.each(platforms)('the asynchronous context of a connection on $name', (platform) => {
  afterEach(closeAllApps);

  it('is that of its filter, whoever sends what cannot be sent', async () => {
    const seen: string[] = [];
    const connections = new Map<string, WebSocketConnection>();
    @Catch()
    class Filter implements ExceptionFilter {
      catch(): typeof NO_REPLY {
        seen.push(stores());
        return NO_REPLY;
      }
    }
    @UseFilters(new Filter())
    @Controller()
    class Chat {
      @WebSocket('chat', { backpressure: { highWaterMark: 1 } })
      chat(@Body() message: string, connection: WebSocketConnection): string {
        if (message === 'join') connections.set(stores(), connection);
        else void connections.get(message)?.send(1n);
        return stores();
      }
    }
    const app = await startApp(platform, { controllers: [Chat], ...scoped('run') });
    const [ada, bob] = [await app.connect('chat?ada'), await app.connect('chat?bob')];
    for (const client of [ada, bob]) client.send('join');
    expect([await ada.text(), await bob.text()]).toEqual(['ada', 'bob']);
    ada.send('bob');
    expect(await ada.text()).toBe('ada');
    await eventually(() => expect(seen).toEqual(['bob']), 'the filter');
  });

  it('is that of its observers and clean-ups, whoever closes it', async () => {
    const seen: string[] = [];
    const connections = new Map<string, WebSocketConnection>();
    const observer: WebSocketObserver = { onClose: () => void seen.push(`observer ${stores()}`) };
    @Controller()
    class Chat {
      @WebSocket('chat')
      chat(@Body() message: string, connection: WebSocketConnection, cleanUp: CleanUp): string {
        if (message === 'join') {
          connections.set(stores(), connection);
          cleanUp.add(() => seen.push(`clean-up ${stores()}`));
        } else connections.get(message)?.close();
        return stores();
      }
    }
    const app = await startApp(platform, {
      controllers: [Chat],
      forRoot: { observers: [observer] },
      ...scoped('run'),
    });
    const [ada, bob] = [await app.connect('chat?ada'), await app.connect('chat?bob')];
    for (const client of [ada, bob]) client.send('join');
    expect([await ada.text(), await bob.text()]).toEqual(['ada', 'bob']);
    ada.send('bob');
    await bob.closed;
    await eventually(() => expect(seen).toEqual(['observer bob', 'clean-up bob']), 'the end');
  });

  it.each(['run', 'enterWith'] as const)(
    'is not changed by what a message enters (%s in the middleware)',
    async (enter) => {
      @Controller()
      class Chat {
        @WebSocket('sync')
        @WebSocket('opened', { triggerOnConnect: true })
        sync(@Body() message?: string): string {
          const before = stores();
          storage.enterWith({ name: message ?? 'on connect' });
          return `${before} ${stores()}`;
        }
        @WebSocket('async')
        @WebSocket('beside', { concurrency: 3 })
        async async(@Body() message: string): Promise<string> {
          const before = stores();
          storage.enterWith({ name: message });
          await Promise.resolve();
          return `${before} ${stores()}`;
        }
      }
      const app = await startApp(platform, { controllers: [Chat], ...scoped(enter) });
      for (const path of ['sync', 'async', 'beside', 'opened']) {
        const client = await app.connect(`${path}?ada`);
        if (path === 'opened') expect(await client.text()).toBe('ada on connect');
        for (const message of ['one', 'two', 'three']) client.send(message);
        for (const message of ['one', 'two', 'three'])
          expect(await client.text()).toBe(`ada ${message}`);
      }
    },
  );

  it('is held by nothing that outlives it', async () => {
    const held: WeakRef<Store>[] = [];
    @Controller()
    class Chat {
      @WebSocket('chat', { ping: 20, idleTimeout: '1h' })
      async chat(@Body() message: string): Promise<string> {
        await Promise.resolve();
        return message;
      }
    }
    const app = await startApp(platform, {
      controllers: [Chat],
      ...scoped('run', (store) => held.push(new WeakRef(store))),
    });
    const first = await app.connect('chat?first');
    first.send('hi');
    await first.text();
    await first.nextPing();
    // The heartbeat goes on for the second.
    const second = await app.connect('chat?second');
    await first.close();
    await eventually(async () => {
      second.send('hi');
      await second.text();
      await new Promise(setImmediate);
      collectGarbage();
      expect(held[0]?.deref()).toBeUndefined();
    }, 'the store of the first to be gone');
    expect(held[1]?.deref()?.name).toBe('second');
  });
});
