import {
  Controller,
  Get,
  Module,
  type MiddlewareConsumer,
  type NestModule,
  type Type,
} from '@nestjs/common';
import { WebSocket } from 'nestjs-revali-ws';

import { startApp } from '../../support/apps/app-factory.js';
import { platforms, type Platform } from '../../support/apps/platforms.js';
import { closeAllApps, type RunningApp } from '../../support/apps/running-app.js';

const met: string[] = [];

/** Middleware, bound to the first of the controllers. */
function moduleOf(...controllers: [Type<unknown>, ...Type<unknown>[]]): Type<unknown> {
  const [bound] = controllers;
  @Module({ controllers })
  class BoundModule implements NestModule {
    configure(consumer: MiddlewareConsumer): void {
      consumer
        .apply((_request: unknown, _response: unknown, next: () => void) => {
          met.push('middleware');
          next();
        })
        .forRoutes(bound);
    }
  }
  return BoundModule;
}

function start(
  platform: Platform,
  module: Type<unknown>,
  prefix: string,
  exclude: string[],
): Promise<RunningApp> {
  return startApp(platform, {
    imports: [module],
    configure: (app) => void app.setGlobalPrefix(prefix, { exclude }),
  });
}

/** What an upgrade has met, and a GET. */
async function metBy(app: RunningApp, how: 'GET' | 'upgrade', path: string): Promise<string[]> {
  met.splice(0);
  if (how === 'GET') expect((await app.get(path)).body).toBe('answer');
  else expect(await (await app.connect(path)).text()).toBe('answer');
  return met.splice(0);
}

const say = { triggerOnConnect: true };

function controllerOf(decorator: MethodDecorator, path: string): Type<unknown> {
  @Controller(path)
  class OneController {
    @decorator
    answer() {
      return 'answer';
    }
  }
  return OneController;
}

describe.each(platforms)('the empty path of a route on $name', (platform) => {
  afterEach(closeAllApps);

  // Nest reads @Get() as "/", and @Get(['']) as "".
  it.each([
    { name: "@WebSocket([''])", own: WebSocket(['']), twin: Get(['']) },
    { name: '@WebSocket([])', own: WebSocket([]), twin: Get([]) },
    { name: "@WebSocket('')", own: WebSocket(''), twin: Get('') },
    { name: '@WebSocket()', own: WebSocket(), twin: Get() },
  ])('covers by $name what a GET covers outside of the prefix', async ({ own, twin }) => {
    const upgraded = moduleOf(controllerOf(own, ':id'), controllerOf(WebSocket('users', say), ''));
    const plain = moduleOf(controllerOf(twin, ':id'), controllerOf(Get('users'), ''));
    const metOverWebSocket = await metBy(
      await start(platform, upgraded, 'api', ['users']),
      'upgrade',
      '/users',
    );
    const metOverHttp = await metBy(
      await start(platform, plain, 'api', ['users']),
      'GET',
      '/users',
    );
    expect(metOverWebSocket).toEqual(metOverHttp);
  });

  it('is served where that of a GET is, with its middleware', async () => {
    @Controller('reports')
    class ListController {
      @Get([''])
      answer() {
        return 'answer';
      }

      @WebSocket([''], say)
      say() {
        return 'answer';
      }
    }
    const app = await start(platform, moduleOf(ListController), 'api', ['reports/{*path}']);
    expect(await metBy(app, 'GET', '/api/reports')).toEqual(['middleware']);
    expect(await metBy(app, 'upgrade', '/api/reports')).toEqual(['middleware']);
  });

  it('is never without middleware where a GET of the controller is served elsewhere', async () => {
    @Controller('reports')
    class MixedController {
      @Get()
      answer() {
        return 'answer';
      }

      @WebSocket([''], say)
      say() {
        return 'answer';
      }
    }
    const app = await start(platform, moduleOf(MixedController), 'api', ['reports/{*path}']);
    expect(await metBy(app, 'GET', '/reports')).toContain('middleware');
    expect(await metBy(app, 'upgrade', '/api/reports')).toContain('middleware');
  });
});
