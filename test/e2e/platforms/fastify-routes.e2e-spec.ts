import {
  Controller,
  ForbiddenException,
  Get,
  UnauthorizedException,
  VersioningType,
  type Type,
} from '@nestjs/common';
import { FastifyAdapter, RouteConfig, RouteConstraints } from '@nestjs/platform-fastify';
import type { FastifyInstance, FastifyRequest, RouteOptions } from 'fastify';
import {
  DuplicateWebSocketRouteException,
  InvalidWebSocketPathException,
  WebSocket,
} from 'nestjs-revali-ws';
import { startApp, type AppSetup } from '../../support/apps/app-factory.js';
import type { Platform } from '../../support/apps/platforms.js';
import { refusedUpgrade } from '../../support/raw/refused-upgrade.js';
import { closeAllApps, type RunningApp } from '../../support/apps/running-app.js';
import { startFault } from '../../support/apps/start-fault.js';
import { upgradeStatus } from '../../support/clients/upgrade-status.js';

const greeting = { triggerOnConnect: true } as const;

@Controller('admin')
class AdminController {
  @RouteConfig({ role: 'admin' })
  @WebSocket('live', greeting)
  live(): string {
    return 'live';
  }

  @RouteConfig({ role: 'admin' })
  @Get('live')
  get(): string {
    return 'got';
  }

  @WebSocket(['room/:id', 'files/*rest', 'maybe{/:id}'], greeting)
  room(): string {
    return 'room';
  }
}

@Controller('open')
class OpenController {
  @WebSocket('live', greeting)
  live(): string {
    return 'open';
  }
}

type OnRequest = (request: FastifyRequest) => void;

/** An app whose Fastify has a hook at the beginning of each request. */
function start(
  onRequest: OnRequest,
  setup: AppSetup & { adapter?: FastifyAdapter } = {},
): Promise<RunningApp> {
  const { adapter = new FastifyAdapter() } = setup;
  return startApp(platformOf(adapter), {
    controllers: [AdminController, OpenController],
    configure: () => {
      const fastify = adapter.getInstance<FastifyInstance>();
      fastify.addHook('onRequest', async (request) => onRequest(request));
    },
    ...setup,
  });
}

function entriesOf(value: unknown): [string, unknown][] {
  return typeof value === 'object' && value !== null ? Object.entries(value) : [];
}

function platformOf(adapter: FastifyAdapter): Platform {
  return { name: 'fastify', createAdapter: () => adapter };
}

const deny = (isDenied: (request: FastifyRequest) => boolean): OnRequest => {
  return (request) => {
    if (isDenied(request)) throw new UnauthorizedException('Stay out');
  };
};

function controllerAt(path: string, ...decorators: MethodDecorator[]): Type<unknown> {
  class SecondController {
    enter(): string {
      return path;
    }
  }
  const descriptor = Object.getOwnPropertyDescriptor(SecondController.prototype, 'enter') ?? {};
  for (const decorate of [WebSocket(path, greeting), ...decorators]) {
    decorate(SecondController.prototype, 'enter', descriptor);
  }
  Controller('admin')(SecondController);
  return SecondController;
}

describe("what Fastify's hooks know of a route", () => {
  afterEach(closeAllApps);

  it('keeps clients out by the url of the route', async () => {
    const app = await start(
      deny(({ routeOptions }) => routeOptions.url?.startsWith('/admin') === true),
    );
    expect((await app.get('/admin/live')).status).toBe(401);
    expect((await refusedUpgrade(app, '/admin/live')).status).toBe(401);
    expect((await refusedUpgrade(app, '/admin/room/7')).status).toBe(401);
    expect(await upgradeStatus(app, '/open/live')).toBe(101);
  });

  it('keeps clients out by the config of the route', async () => {
    const app = await start(
      deny(({ routeOptions: { config } }) => Reflect.get(config, 'role') === 'admin'),
    );
    expect((await app.get('/admin/live')).status).toBe(401);
    expect((await refusedUpgrade(app, '/admin/live')).status).toBe(401);
    expect(await upgradeStatus(app, '/admin/room/7')).toBe(101);
  });

  it('is what a GET would show', async () => {
    const seen: unknown[] = [];
    const app = await start(({ routeOptions: { url, method, config }, params, is404 }) =>
      seen.push({ url, method, config, params: entriesOf(params), is404 }),
    );
    const ask = async (path: string): Promise<unknown> => {
      seen.splice(0);
      await upgradeStatus(app, path);
      return seen[0];
    };
    await app.get('/admin/live');
    const [ofGet] = seen;
    for (let times = 0; times < 3; times += 1) {
      expect(await ask('/admin/live')).toStrictEqual(ofGet);
    }
    expect(await ask('/admin/room/7')).toMatchObject({
      url: '/admin/room/:id',
      params: [['id', '7']],
    });
    expect(await ask('/admin/files/a/b')).toMatchObject({
      url: '/admin/files/*',
      params: [
        ['rest', ['a', 'b']],
        ['*', 'a/b'],
      ],
    });
    expect(await ask('/admin/maybe')).toMatchObject({ url: '/admin/maybe' });
    expect(await ask('/admin/maybe/7')).toMatchObject({ url: '/admin/maybe/:id' });
  });

  it('is what plugins are told when routes are registered', async () => {
    const routes: RouteOptions[] = [];
    const adapter = new FastifyAdapter();
    const fastify = adapter.getInstance<FastifyInstance>();
    fastify.addHook('onRoute', (route) => void routes.push({ ...route }));
    const app = await start(() => undefined, { adapter });
    const told = routes.filter(({ method }) => method === 'GET');
    expect(told.map(({ url }) => url)).toEqual([
      '/admin/live',
      '/admin/live',
      '/admin/room/:id',
      '/admin/files/*',
      '/admin/maybe',
      '/admin/maybe/:id',
      '/open/live',
    ]);
    const [ofGet, ofWebSocket] = told;
    expect(ofWebSocket?.config).toStrictEqual(ofGet?.config);
    expect(ofWebSocket?.handler.name).toBe('AdminController.live');
    expect(app.logs.messages('error')).toEqual([]);
  });

  it('may be added by a plugin to each route', async () => {
    const adapter = new FastifyAdapter();
    const fastify = adapter.getInstance<FastifyInstance>();
    // As rate limiters do it.
    fastify.addHook('onRoute', (route) => {
      const { handler } = route;
      route.config = { ...route.config };
      route.handler = function (...call) {
        return Reflect.apply(handler, this, call);
      };
      route.onRequest = async () => {
        if (route.url === '/open/live') throw new ForbiddenException('Too many');
      };
    });
    const app = await start(() => undefined, { adapter });
    expect((await refusedUpgrade(app, '/open/live')).status).toBe(403);
    expect(await upgradeStatus(app, '/admin/live')).toBe(101);
  });

  it('includes the constraints of the route', async () => {
    const constrained = controllerAt('constrained', RouteConstraints({ host: 'a.example.com' }));
    const app = await start(() => undefined, { controllers: [constrained] });
    const host = 'a.example.com';
    expect(await upgradeStatus(app, '/admin/constrained', { headers: { host } })).toBe(101);
    expect(await upgradeStatus(app, '/admin/constrained')).toBe(404);
  });

  it('includes its version', async () => {
    @Controller({ path: 'versioned', version: '1' })
    class VersionedController {
      @RouteConfig({ of: 1 })
      @WebSocket('live', greeting)
      live(): string {
        return 'live';
      }
    }
    @Controller({ path: 'versioned', version: '2' })
    class OtherController {
      @RouteConfig({ of: 2 })
      @WebSocket('live', greeting)
      live(): string {
        return 'live';
      }
    }
    const seen: unknown[] = [];
    const adapter = new FastifyAdapter();
    const app = await startApp(platformOf(adapter), {
      controllers: [VersionedController, OtherController],
      configure: (nest) => {
        nest.enableVersioning({ type: VersioningType.HEADER, header: 'x-version' });
        const fastify = adapter.getInstance<FastifyInstance>();
        fastify.addHook('onRequest', async ({ routeOptions: { config } }) => {
          seen.push(Reflect.get(config, 'of'));
        });
      },
    });
    for (const version of ['1', '2', '3']) {
      await upgradeStatus(app, '/versioned/live', { headers: { 'x-version': version } });
    }
    expect(seen).toEqual([1, 2, undefined]);
  });
});

describe('a path that Fastify cannot serve', () => {
  afterEach(closeAllApps);

  const platform = platformOf(new FastifyAdapter());
  const faultOf = (...controllers: Type<unknown>[]): Promise<Error> =>
    startFault({ ...platform, createAdapter: () => new FastifyAdapter() }, { controllers });

  it.each([
    ['*rest/end', 'Fastify allows a wildcard only at the end'],
    [
      ':lat,:lng',
      'Fastify ends the name of a parameter at "-", "." or "/" only: put one of them after ":lat"',
    ],
  ])('is refused at start: %s', async (path, reason) => {
    const error = await faultOf(controllerAt(path));
    expect(error).toBeInstanceOf(InvalidWebSocketPathException);
    expect(error.message).toContain(
      `SecondController.enter(): the path '/admin/${path}' cannot be compiled (${reason})`,
    );
  });

  it('is refused at start where an optional part makes it that of another route', async () => {
    expect(await faultOf(controllerAt('maybe{/:id}'), controllerAt('maybe/:name'))).toBeInstanceOf(
      DuplicateWebSocketRouteException,
    );
  });

  it('is refused at start where two hosts share it with different settings', async () => {
    @Controller({ path: 'admin', host: 'a.example.com' })
    class HostedController {
      @RouteConfig({ role: 'admin' })
      @WebSocket('same')
      same(): void {}
    }
    @Controller({ path: 'admin', host: 'b.example.com' })
    class OtherController {
      @WebSocket('same')
      same(): void {}
    }
    const error = await faultOf(HostedController, OtherController);
    expect(error).toBeInstanceOf(InvalidWebSocketPathException);
    expect(error.message).toContain('give both the same @RouteConfig() and @RouteSchema()');
  });

  it('is told by the plugin that refuses it', async () => {
    const adapter = new FastifyAdapter();
    const fastify = adapter.getInstance<FastifyInstance>();
    fastify.addHook('onRoute', ({ url }) => {
      if (url === '/open/live') throw new RangeError('No such route here');
    });
    const error = await startFault(platformOf(adapter), { controllers: [OpenController] });
    expect(error).toBeInstanceOf(RangeError);
  });
});
