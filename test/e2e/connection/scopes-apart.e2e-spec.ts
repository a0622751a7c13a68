import {
  Body,
  Catch,
  Controller,
  Get,
  UseFilters,
  UseGuards,
  type CanActivate,
  type ExceptionFilter,
} from '@nestjs/common';
import { MessageBody, SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import {
  CleanUp,
  NO_REPLY,
  WebSocket,
  WebSocketConnection,
  type WebSocketObserver,
} from 'nestjs-revali-ws';
import { AsyncLocalStorage } from 'node:async_hooks';

import { startApp, type AppSetup } from '../../support/apps/app-factory.js';
import { eventually, sleep } from '../../support/deadline.js';
import { collectGarbage } from '../../support/faults/garbage.js';
import { startGateways } from '../../support/apps/gateways/app.js';
import { transports } from '../../support/apps/transports.js';
import { Opcode } from '../../support/raw/raw-frame.js';
import { composeUpgrade } from '../../support/raw/raw-upgrade.js';
import { closeAllApps } from '../../support/apps/running-app.js';

interface Store {
  readonly name: string;
}

const storage = new AsyncLocalStorage<Store>();
const stores = (): string => storage.getStore()?.name ?? 'none';

interface HasHeaders {
  readonly url: string;
  readonly headers: Readonly<Record<string, unknown>>;
}

const middleware = (
  use: (request: HasHeaders, next: () => void) => void,
): Pick<AppSetup, 'configure'> => ({
  configure: (app) => {
    app.use((request: HasHeaders, _response: unknown, next: () => void) => use(request, next));
  },
});

function enterStore(how: 'run' | 'enterWith', store: Store, next: () => void): void {
  if (how === 'run') {
    storage.run(store, next);
    return;
  }
  storage.enterWith(store);
  next();
}

/** Middleware that opens a store for each handshake, as nestjs-cls does. */
function scoped(
  enter: 'run' | 'enterWith',
  seen: (store: Store) => void = () => undefined,
): Pick<AppSetup, 'configure'> {
  return middleware((request, next) => {
    const store = { name: request.url.split('?')[1] ?? '' };
    seen(store);
    enterStore(enter, store, next);
  });
}

describe.each(transports)('the asynchronous context of a connection on $label', (platform) => {
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

  describe('whose handshake enters nothing', () => {
    const ways = ['middleware', 'guard', 'asyncGuard'] as const;
    const userOf = ({ headers }: HasHeaders): string | undefined =>
      typeof headers['x-user'] === 'string' ? headers['x-user'] : undefined;

    it.each(ways)('is not that of the last handshake, which was entered by a %s', async (way) => {
      const seen: string[] = [];
      const enter = (here: typeof way, request: HasHeaders): void => {
        const name = userOf(request);
        seen.push(`${here} ${stores()}`);
        if (here === way && name !== undefined) storage.enterWith({ name });
      };
      const guard = (here: typeof way): CanActivate => ({
        canActivate: (context) => {
          enter(here, context.switchToHttp().getRequest());
          return here === 'asyncGuard' ? Promise.resolve(true) : true;
        },
      });
      @UseGuards(guard('guard'), guard('asyncGuard'))
      @Controller()
      class Chat {
        @WebSocket('chat')
        chat(): string {
          return stores();
        }
      }
      const app = await startApp(platform, {
        controllers: [Chat],
        ...middleware((request, next) => {
          enter('middleware', request);
          next();
        }),
      });
      const ada = await app.connect('chat', { headers: { 'x-user': 'ada' } });
      ada.send('hi');
      await ada.text();
      seen.length = 0;
      const bob = await app.connect('chat');
      bob.send('hi');
      expect(await bob.text()).toBe('none');
      expect(seen).toEqual(['middleware none', 'guard none', 'asyncGuard none']);
    });

    // A stream of HTTP/2 has no response before it.
    if (!platform.isHttp2)
      it.each(['run', 'enterWith'] as const)(
        'is not that of the response before it on its connection (%s)',
        async (how) => {
          @Controller()
          class Chat {
            @Get('page')
            async page(): Promise<string> {
              await sleep(5);
              return stores();
            }
            @WebSocket('chat')
            chat(): string {
              return stores();
            }
          }
          const app = await startApp(platform, {
            controllers: [Chat],
            ...middleware((request, next) => {
              const name = userOf(request);
              if (name === undefined) next();
              else enterStore(how, { name }, next);
            }),
          });
          const client = await app.raw();
          const page = 'GET /page HTTP/1.1\r\nHost: a\r\nX-User: ada\r\n\r\n';
          client.write(Buffer.concat([Buffer.from(page), composeUpgrade('a', '/chat')]));
          expect(await client.response()).toMatchObject({ status: 200, body: 'ada' });
          expect(await client.response()).toMatchObject({ status: 101 });
          client.frame({ opcode: Opcode.text, payload: 'hi' });
          expect(String((await client.nextFrame()).payload)).toBe('none');
        },
      );
  });

  it('of a gateway is not changed by what a message enters', async () => {
    @WebSocketGateway({ path: '/gateway' })
    class Gateway {
      @SubscribeMessage('say')
      say(@MessageBody() name: string): string {
        const before = stores();
        storage.enterWith({ name });
        return before;
      }
    }
    const { app } = await startGateways(platform, [Gateway]);
    for (const name of ['ada', 'bob']) {
      const client = await app.connect('gateway');
      for (const times of [1, 2]) {
        client.send(JSON.stringify({ event: 'say', data: `${name} ${times}` }));
        expect(await client.json()).toBe('none');
      }
    }
  });

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
