import { Body, Controller } from '@nestjs/common';
import { WebSocket, type OriginPolicy } from 'nestjs-revali-ws';
import type { IncomingMessage } from 'node:http';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { startApp } from '../../support/apps/app-factory.js';
import { gate } from '../../support/gate.js';
import { statusFor } from '../../support/clients/page.js';
import { platforms, type Platform } from '../../support/apps/platforms.js';
import { closeAllApps, type RunningApp } from '../../support/apps/running-app.js';

function startWith(platform: Platform, origins: OriginPolicy): Promise<RunningApp> {
  @Controller()
  class ChatController {
    @WebSocket('chat', { origins })
    chat(@Body() message: string): string {
      return message;
    }
  }
  return startApp(platform, { controllers: [ChatController] });
}

interface Listed {
  list: readonly (string | RegExp)[];
  allowed: readonly string[];
  refused: readonly string[];
}

const lists: readonly Listed[] = [
  {
    list: ['https://a.com'],
    allowed: ['https://a.com', 'HTTPS://A.COM', 'https://a.com:443'],
    refused: [
      'http://a.com',
      'https://a.com:8443',
      'https://a.com.evil.io',
      'https://evil.io/https://a.com',
      'https://evila.com',
      'https://b.a.com',
      'null',
      '',
    ],
  },
  {
    list: ['HTTP://A.com:80', 'https://[::1]:8443'],
    allowed: ['http://a.com', 'https://[::1]:8443', 'https://[0:0:0:0:0:0:0:1]:8443'],
    refused: ['https://[::1]', 'http://[::1]:8443'],
  },
  {
    list: [/https:\/\/(.+\.)?a\.com/],
    allowed: ['https://a.com', 'https://b.a.com', 'HTTPS://B.A.COM'],
    refused: ['https://a.com.evil.io', 'http://a.com', 'xhttps://a.com', 'https://a.com:8443'],
  },
  {
    list: [/https:\/\/a\.com|https:\/\/b\.com/],
    allowed: ['https://a.com', 'https://b.com'],
    refused: ['https://a.com.evil.io', 'evil+https://b.com', 'https://b.com.evil.io'],
  },
  {
    // The flags g and y remember where the last match ended.
    list: [/https:\/\/a\.com/g, /https:\/\/b\.com/y],
    allowed: ['https://a.com', 'https://a.com', 'https://b.com', 'https://b.com'],
    refused: ['https://c.com'],
  },
  { list: ['null'], allowed: ['null'], refused: ['https://a.com', ''] },
  {
    list: ['chrome-extension://abcdef'],
    allowed: ['chrome-extension://abcdef'],
    refused: ['chrome-extension://abcdeg', 'null'],
  },
  { list: [], allowed: [], refused: ['https://a.com', 'null'] },
];

describe.each(platforms)('the option "origins" on $name', (platform) => {
  afterEach(closeAllApps);

  it.each(lists)('$list allows what it lists, whole', async ({ list, allowed, refused }) => {
    const app = await startWith(platform, list);
    for (const origin of allowed) {
      expect([origin, await statusFor(app, '/chat', { origin })]).toEqual([origin, 101]);
    }
    for (const origin of refused) {
      expect([origin, await statusFor(app, '/chat', { origin })]).toEqual([origin, 403]);
    }
  });

  it('as a list does not allow the own origin by itself', async () => {
    const app = await startWith(platform, ['https://a.com']);
    expect(await statusFor(app, '/chat', { origin: `http://127.0.0.1:${app.port}` })).toBe(403);
    expect(await statusFor(app, '/chat', {})).toBe(101);
  });

  it('of the module is that of all routes without one', async () => {
    @Controller()
    class ChatController {
      @WebSocket('chat')
      chat(@Body() message: string): string {
        return message;
      }

      @WebSocket('own', { origins: ['https://own.com'] })
      own(@Body() message: string): string {
        return message;
      }
    }
    const forRoot = { origins: ['https://a.com'] };
    const app = await startApp(platform, { controllers: [ChatController], forRoot });
    expect(await statusFor(app, '/chat', { origin: 'https://a.com' })).toBe(101);
    expect(await statusFor(app, '/own', { origin: 'https://a.com' })).toBe(403);
    expect(await statusFor(app, '/own', { origin: 'https://own.com' })).toBe(101);
  });

  it.each(['a value', 'a promise', 'a thenable'])(
    'may be a function that gives %s',
    async (kind) => {
      const seen: [origin: string, url: string | undefined][] = [];
      const give = (value: boolean): boolean | Promise<boolean> => {
        if (kind === 'a value') return value;
        return kind === 'a promise' ? nextTurn(value) : new StrangePromise(nextTurn(value));
      };
      const app = await startWith(platform, (origin, request: IncomingMessage) => {
        seen.push([origin, request.url]);
        return give(origin === 'https://a.com');
      });
      expect(await statusFor(app, '/chat?a=1', { origin: 'https://a.com' })).toBe(101);
      expect(await statusFor(app, '/chat', { origin: 'https://b.com' })).toBe(403);
      expect(await statusFor(app, '/chat', { origin: 'null' })).toBe(403);
      // Who is no browser has no origin to be asked about.
      expect(await statusFor(app, '/chat', {})).toBe(101);
      expect(seen).toEqual([
        ['https://a.com', '/chat?a=1'],
        ['https://b.com', '/chat'],
        ['null', '/chat'],
      ]);
    },
  );

  it('may be a function that fails: nobody is let in, and its fault is not shown', async () => {
    for (const fail of [
      () => {
        throw new Error('secret');
      },
      () => Promise.reject(new Error('secret')),
    ]) {
      const app = await startWith(platform, fail);
      const client = await app.raw();
      client.upgrade('/chat', { headers: [['Origin', 'https://a.com']] });
      const { status, body } = await client.response();
      expect(status).toBe(500);
      expect(body).not.toContain('secret');
    }
  });

  it('may be a function that takes its time: a client who leaves meanwhile is not let in', async () => {
    const asked = gate();
    const answer = gate();
    const app = await startWith(platform, async () => {
      asked.open();
      await answer.opened;
      return true;
    });
    const client = await app.raw();
    client.upgrade('/chat', { headers: [['Origin', 'https://a.com']] });
    await asked.opened;
    client.resetAndDestroy();
    answer.open();
    // The app closes at once: no connection came of it that it would have to wait for.
    await app.close(1000);
  });
});

// oxlint-disable unicorn/no-thenable -- a promise that is no Promise is the point
/** A promise of another kind, as some libraries still make them. */
class StrangePromise implements Promise<boolean> {
  readonly [Symbol.toStringTag] = 'StrangePromise';
  readonly then: Promise<boolean>['then'];
  readonly catch: Promise<boolean>['catch'];
  readonly finally: Promise<boolean>['finally'];

  constructor(promise: Promise<boolean>) {
    this.then = promise.then.bind(promise);
    this.catch = promise.catch.bind(promise);
    this.finally = promise.finally.bind(promise);
  }
}
