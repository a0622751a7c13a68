import {
  Controller,
  Get,
  Module,
  UnauthorizedException,
  UseGuards,
  type CanActivate,
  type INestApplication,
  type MiddlewareConsumer,
  type NestModule,
} from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { UnsupportedNestVersionException, WebSocket } from 'nestjs-revali-ws';
import { setImmediate } from 'node:timers/promises';
import { startApp } from '../../support/apps/app-factory.js';
import { platforms, type Platform } from '../../support/apps/platforms.js';
import { closeAllApps } from '../../support/apps/running-app.js';
import { startFault } from '../../support/apps/start-fault.js';
import { upgradeStatus } from '../../support/clients/upgrade-status.js';

const met: string[] = [];

const slowGuard: CanActivate = {
  canActivate: async () => {
    met.push('guard');
    await setImmediate();
    await setImmediate();
    return true;
  },
};

@Controller('house')
class HouseController {
  @UseGuards(slowGuard)
  @WebSocket('door')
  enter(): void {}

  @WebSocket('files/*rest')
  files(): void {}

  @Get(':id')
  get(): string {
    met.push('GET');
    return 'got';
  }
}

type Next = () => void;

@Module({ controllers: [HouseController] })
class DeepModule implements NestModule {
  configure(consumer: MiddlewareConsumer): void {
    consumer
      .apply((_request: unknown, _response: unknown, _next: Next) => {
        throw new UnauthorizedException();
      })
      .forRoutes(HouseController);
  }
}

@Module({ imports: [DeepModule] })
class MiddleModule {}

const express: Platform = { name: 'express', createAdapter: () => new ExpressAdapter() };
const fastify: Platform = { name: 'fastify', createAdapter: () => new FastifyAdapter() };

function ignore(): void {}

/** Has the distance of the exit's module stay what it is. */
function ignoreDistance(nest: INestApplication, distance: number): void {
  for (const module of nest.get(ModulesContainer).values()) {
    if (module.metatype.name !== 'HandshakeExitModule') continue;
    Object.defineProperty(module, 'distance', { get: () => distance, set: ignore });
  }
}

describe('the place of the exit of upgrades on Express', () => {
  afterEach(closeAllApps);

  it('is behind the middleware of deep modules', async () => {
    const app = await startApp(express, { module: MiddleModule });
    expect(await upgradeStatus(app, '/house/door')).toBe(401);
  });

  it.each([0, 1])(
    'is looked up at start, where Nest ignores what orders modules (%i)',
    async (distance) => {
      const error = await startFault(express, {
        module: MiddleModule,
        configure: (nest) => ignoreDistance(nest, distance),
      });
      expect(error).toBeInstanceOf(UnsupportedNestVersionException);
      expect(error.message).toContain('behind the last middleware and before the first route');
    },
  );

  it('is looked up at start, where Nest lays middleware in a way that is not seen', async () => {
    const adapter = new ExpressAdapter();
    const error = await startFault(express, {
      adapter,
      module: MiddleModule,
      configure: () => {
        Reflect.deleteProperty(adapter, 'createMiddlewareFactory');
      },
    });
    expect(error).toBeInstanceOf(UnsupportedNestVersionException);
  });

  it('is looked up at start, where a route comes before it', async () => {
    const adapter = new ExpressAdapter();
    const error = await startFault(express, {
      adapter,
      module: MiddleModule,
      configure: () => {
        const create = adapter.createMiddlewareFactory.bind(adapter);
        adapter.createMiddlewareFactory = (method) => {
          const lay = create(method);
          adapter.get('/early', () => undefined);
          return lay;
        };
      },
    });
    expect(error).toBeInstanceOf(UnsupportedNestVersionException);
  });
});

/** The hooks of Fastify, which it tells nobody. */
function hooksOf(adapter: FastifyAdapter): unknown[] {
  const instance: object = adapter.getInstance();
  const key = Object.getOwnPropertySymbols(instance).find(
    ({ description }) => description === 'fastify.hooks',
  );
  const hooks: unknown = key && Reflect.get(instance, key);
  const list: unknown = Reflect.get(Object(hooks), 'onRequest');
  if (!Array.isArray(list)) throw new Error('Fastify keeps its hooks elsewhere');
  return list;
}

describe('the place of the entry of upgrades on Fastify', () => {
  afterEach(closeAllApps);

  it.each<[string, (hooks: unknown[]) => void]>([
    ['behind another', (hooks) => void hooks.unshift(ignore)],
    ['nowhere', (hooks) => void hooks.shift()],
  ])('is looked up at start: %s', async (_place, move) => {
    const adapter = new FastifyAdapter();
    const error = await startFault(fastify, {
      adapter,
      module: MiddleModule,
      configure: () => move(hooksOf(adapter)),
    });
    expect(error).toBeInstanceOf(UnsupportedNestVersionException);
    expect(error.message).toContain('first hook of Fastify');
  });
});

describe.each(platforms)('middleware of a controller on $name', (platform) => {
  afterEach(closeAllApps);

  it.each(['/house/door', '/house/files/a', '/house/files/', '/house/files'])(
    'keeps upgrades out, or they find no route: %s',
    async (path) => {
      const app = await startApp(platform, { module: MiddleModule });
      expect([401, 404]).toContain(await upgradeStatus(app, path));
    },
  );
});

describe.each(platforms)('middleware that calls next() again on $name', (platform) => {
  beforeEach(() => met.splice(0));
  afterEach(closeAllApps);

  it.each([2, 3, 4])('leaves the upgrade to its guards (%i calls)', async (calls) => {
    const app = await startApp(platform, {
      controllers: [HouseController],
      configure: (nest) => {
        nest.use((request: { url: string }, _response: unknown, next: Next) => {
          for (let call = 0; call < calls; call += 1) {
            if (call === 0 || request.url.startsWith('/house')) next();
          }
        });
      },
    });
    const got = await app.get('/house/window');
    met.splice(0);
    // An older @fastify/middie has nothing left for a second call, which throws.
    expect(await upgradeStatus(app, '/house/door')).toBe(got.status === 500 ? 500 : 101);
    expect(met.filter((name) => name !== 'guard')).toEqual([]);
    if (got.status !== 500) expect(met).toEqual(['guard']);
  });
});
