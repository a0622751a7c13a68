import {
  Controller,
  Injectable,
  UseGuards,
  type CanActivate,
  type MiddlewareConsumer,
  type NestModule,
} from '@nestjs/common';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { WebSocket } from 'nestjs-revali-ws';
import { startApp } from '../../support/apps/app-factory.js';
import { platforms, type Platform } from '../../support/apps/platforms.js';
import { closeAllApps, type RunningApp } from '../../support/apps/running-app.js';

type Next = () => void;

/** What one upgrade has met on its way. */
const met = new Set<string>();

@Injectable()
class RecordingGuard implements CanActivate {
  canActivate(): boolean {
    met.add('guard');
    return true;
  }
}

@Controller('example')
@UseGuards(RecordingGuard)
class GuardedController {
  @WebSocket('websocket', { triggerOnConnect: true })
  handle(): string {
    met.add('handler');
    return 'welcome';
  }
}

class GuardedModule implements NestModule {
  configure(consumer: MiddlewareConsumer): void {
    consumer
      .apply((_request: unknown, _response: unknown, next: Next) => {
        met.add('consumer.apply()');
        next();
      })
      .forRoutes('example/websocket');
  }
}

function start(
  platform: Platform,
  adapter = platform.createAdapter(),
  rewrite: (request: { url: string }) => void = () => undefined,
): Promise<RunningApp> {
  return startApp(platform, {
    module: GuardedModule,
    controllers: [GuardedController],
    adapter,
    configure: (nest) => {
      nest.use((request: { url: string }, _response: unknown, next: Next) => {
        rewrite(request);
        next();
      });
      nest.use('/example', (_request: unknown, _response: unknown, next: Next) => {
        met.add('app.use()');
        next();
      });
    },
  });
}

const everything = ['app.use()', 'consumer.apply()', 'guard', 'handler'];

/** 101, or the status of the refusal; the upgrade has met everything by then, or nothing at all. */
async function statusOf(app: RunningApp, target: string): Promise<number> {
  met.clear();
  const client = await app.raw();
  client.upgrade(target);
  const { status } = await client.response();
  if (status === 101) {
    expect((await client.nextFrame()).payload.toString()).toBe('welcome');
    expect([...met].toSorted()).toEqual(everything);
  } else {
    await client.ended;
    expect(met).not.toContain('handler');
  }
  client.destroy();
  return status;
}

/** Spellings that somebody could read as /example/websocket, and what the upgrade comes to on both platforms. */
const spellings: readonly [target: string, status: number][] = [
  ['//example/websocket', 400],
  ['/example//websocket', 400],
  ['/example/%77ebsocket', 400],
  ['/%65xample/websocket', 400],
  ['/example/./websocket', 400],
  ['/./example/websocket', 400],
  ['/example/x/../websocket', 400],
  ['/example/%2e/websocket', 400],
  ['/example/x/%2e%2e/websocket', 400],
  ['/example/websocket/.', 400],
  ['/example/websocket/..', 400],
  ['/example/websocket%00', 400],
  ['/example/websocket%20', 404],
  ['/example/websocket;a', 404],
  ['/example;a/websocket', 404],
  ['/example/websocket;a=1?x', 404],
  ['/example%2fwebsocket', 400],
  ['/example%2Fwebsocket', 400],
  ['/example%252fwebsocket', 400],
  ['/example\\websocket', 400],
  ['/example%5cwebsocket', 400],
  ['/example/websocket%2f', 400],
  ['/example/websocket//', 400],
  ['/example/websocket%zz', 400],
  ['/example/websocket%', 400],
  ['/example/websocket%e9', 400],
  ['/example/websocket%c0%af', 400],
  ['/example/w\u00e9bsocket', 400],
  ['/example/websocket|', 400],
  ['http://127.0.0.1/example/websocket', 400],
  ['http://other.example/example/websocket', 400],
  ['ws://127.0.0.1/example/websocket', 400],
  ['127.0.0.1/example/websocket', 400],
  ['127.0.0.1:80', 400],
  ['example/websocket', 400],
  ['*', 400],
  ['?/example/websocket', 400],
  ['/example/websocket#', 400],
  ['/example/websocket#/other', 400],
  ['/example/websocket?a#b', 400],
  ['/other#/example/websocket', 400],
  ['/example/%E2%84%AAwebsocket', 400],
  ['/?/example/websocket', 404],
  ['/example/websocket?a=//x/../%zz', 101],
  ['/example/websocket?', 101],
  ['/example/websocket', 101],
];

describe.each(platforms)('spellings of a path on $name', (platform) => {
  afterEach(closeAllApps);

  it.each(spellings)(
    '%s is refused, or meets all that the plain path meets',
    async (target, status) => {
      const app = await start(platform);
      expect(await statusOf(app, target)).toBe(status);
    },
  );

  it.each([
    '/EXAMPLE/websocket',
    '/example/WebSocket',
    '/example/websocket/',
    '/Example/Websocket/',
  ])(
    '%s is read as for HTTP routes of the platform, and meets all that the plain path meets',
    async (target) => {
      const app = await start(platform);
      expect(await statusOf(app, target)).toBe(platform.name === 'express' ? 101 : 404);
    },
  );

  it('a fragment, which no client sends, changes nothing', async () => {
    const app = await start(platform);
    expect([101, 400, 404]).toContain(await statusOf(app, '/example/websocket#/other'));
    expect(await statusOf(app, '/other#/example/websocket')).not.toBe(101);
  });

  it('no spelling ends in an error of the server, for plain requests neither', async () => {
    const app = await start(platform);
    for (const [target] of spellings) {
      const client = await app.raw();
      client.write(`GET ${target} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n`);
      const { status } = await client.response();
      expect([target, Math.floor(status / 100)]).toEqual([target, 4]);
      client.destroy();
    }
  });
});

/** Options of Fastify that make its router read more spellings as one path. */
const lenient = {
  caseSensitive: false,
  ignoreTrailingSlash: true,
  ignoreDuplicateSlashes: true,
  useSemicolonDelimiter: true,
} as const;

describe('a Fastify that reads spellings leniently', () => {
  afterEach(closeAllApps);
  const platform: Platform = {
    name: 'fastify',
    createAdapter: () => new FastifyAdapter({ routerOptions: lenient }),
  };

  it.each(spellings)('has %s refused, or meet all that the plain path meets', async (target) => {
    const app = await start(platform);
    const status = await statusOf(app, target);
    expect([101, 400, 404]).toContain(status);
  });

  it.each(['/EXAMPLE/websocket', '/example/websocket/'])(
    'has %s meet everything',
    async (target) => {
      const app = await start(platform);
      expect(await statusOf(app, target)).toBe(101);
    },
  );
});

describe('a Fastify that rewrites URLs', () => {
  afterEach(closeAllApps);
  const platform: Platform = {
    name: 'fastify',
    createAdapter: () =>
      new FastifyAdapter({
        rewriteUrl: ({ url = '/' }) => url.replace('/short', '/example/websocket'),
      }),
  };

  it('does not upgrade what was asked for under one path and would be served under another', async () => {
    const app = await start(platform);
    expect(await statusOf(app, '/short')).toBe(404);
    expect(await statusOf(app, '/example/websocket')).toBe(101);
  });
});

describe.each(platforms)('middleware that rewrites the URL on $name', (platform) => {
  afterEach(closeAllApps);

  it('does not lead an upgrade past what guards the path that was asked for', async () => {
    const app = await start(platform, platform.createAdapter(), (request) => {
      request.url = '/elsewhere';
    });
    // Fastify's engine for middleware gives the URL back after each one.
    expect(await statusOf(app, '/example/websocket')).toBe(platform.name === 'express' ? 404 : 101);
  });
});
