import {
  Body,
  Controller,
  Get,
  RequestMethod,
  Version,
  VERSION_NEUTRAL,
  VersioningType,
  type INestApplication,
  type MiddlewareConsumer,
} from '@nestjs/common';
import { RouterModule } from '@nestjs/core';
import { WebSocket } from 'nestjs-revali-ws';
import { startApp, type AppSetup } from '../../support/apps/app-factory.js';
import { moduleThat, pass, refusals, type Middleware } from '../../support/apps/middleware.js';
import { platforms } from '../../support/apps/platforms.js';
import { refusedUpgrade } from '../../support/raw/refused-upgrade.js';
import { closeAllApps } from '../../support/apps/running-app.js';

const journal: string[] = [];
let act: Middleware = pass;

const middleware: Middleware = (request, response, next) => {
  journal.push('middleware');
  return act(request, response, next);
};

@Controller('house')
class HouseController {
  @WebSocket('door')
  enter(@Body() message: string): string {
    journal.push('handler');
    return message;
  }

  @Get('door')
  look(): string {
    return 'a door';
  }
}

/** Nothing but WebSocket routes, of three versions. */
@Controller({ path: 'flat', version: '1' })
class FlatController {
  @WebSocket('door')
  enter(@Body() message: string): string {
    journal.push('handler');
    return message;
  }

  @WebSocket('window')
  @Version('2')
  climb(@Body() message: string): string {
    return message;
  }

  @WebSocket('hole')
  @Version(VERSION_NEUTRAL)
  crawl(@Body() message: string): string {
    return message;
  }
}

@Controller('hut')
class HutController {
  @WebSocket('{/:door}')
  enter(@Body() message: string): string {
    return message;
  }
}

const controllers = [HouseController, FlatController, HutController];

type Route = Parameters<ReturnType<MiddlewareConsumer['apply']>['forRoutes']>[number];

const bound = (...routes: Route[]) =>
  moduleThat((consumer) => void consumer.apply(middleware).forRoutes(...routes), { controllers });

const uri = (app: INestApplication) => void app.enableVersioning({ type: VersioningType.URI });
const header = (app: INestApplication) =>
  void app.enableVersioning({ type: VersioningType.HEADER, header: 'x-version' });
const prefix =
  (...exclude: (string | { path: string; method: RequestMethod })[]) =>
  (app: INestApplication) =>
    void app.setGlobalPrefix('api', { exclude });

interface Covered {
  how: string;
  path: string;
  headers?: Record<string, string>;
  setup: AppSetup;
}

const estate = (...routes: Route[]) => {
  const module = bound(...routes);
  return [module, RouterModule.register([{ path: 'estate/:owner', module }])];
};

const { GET } = RequestMethod;

const covered: readonly Covered[] = [
  ...['{*path}', '*path', '*', 'house/door', 'house/:part', HouseController].map((route) => ({
    how: `a global prefix, for ${typeof route === 'string' ? route : route.name}`,
    path: '/api/house/door',
    setup: { imports: [bound(route)], configure: prefix() },
  })),
  ...[
    '{*path}',
    '*path',
    '*',
    'house/door',
    HouseController,
    { path: 'house/door', method: GET },
  ].map((route) => ({
    how: `a route outside the global prefix, for ${JSON.stringify(route) ?? 'its controller'}`,
    path: '/house/door',
    setup: { imports: [bound(route)], configure: prefix('house/door') },
  })),
  ...['/hut', '/hut/door'].map((path) => ({
    how: `an optional part of ${path}, for the controller`,
    path,
    setup: { imports: [bound(HutController)] },
  })),
  {
    how: 'a GET route outside the global prefix',
    path: '/house/door',
    setup: {
      imports: [bound('{*path}')],
      configure: prefix({ path: 'house/door', method: GET }),
    },
  },
  {
    how: 'a parameter outside the global prefix',
    path: '/house/door',
    setup: { imports: [bound('{*path}')], configure: prefix('house/:part') },
  },
  {
    how: 'a module path, for everything',
    path: '/estate/ada/house/door',
    setup: { imports: estate('{*path}') },
  },
  {
    how: 'a module path, for the controller',
    path: '/estate/ada/house/door',
    setup: { imports: estate(HouseController) },
  },
  {
    how: 'a module path, for the path',
    path: '/estate/ada/house/door',
    setup: { imports: estate('estate/:owner/house/door') },
  },
  {
    how: 'a version in the path, for everything',
    path: '/v1/flat/door',
    setup: { imports: [bound('{*path}')], configure: uri },
  },
  {
    how: 'a version in the path, for the controller',
    path: '/v1/flat/door',
    setup: { imports: [bound(FlatController)], configure: uri },
  },
  {
    how: "a method's version in the path, for the controller",
    path: '/v2/flat/window',
    setup: { imports: [bound(FlatController)], configure: uri },
  },
  {
    how: 'a neutral method beside versions in the path, for the controller',
    path: '/flat/hole',
    setup: { imports: [bound(FlatController)], configure: uri },
  },
  {
    how: 'a version in the path, for a path of this version',
    path: '/v1/flat/door',
    setup: {
      imports: [bound({ path: 'flat/door', method: GET, version: '1' })],
      configure: uri,
    },
  },
  {
    how: 'a version in a header, for the controller',
    path: '/flat/door',
    headers: { 'x-version': '1' },
    setup: { imports: [bound(FlatController)], configure: header },
  },
  {
    how: 'a version in a header, for everything',
    path: '/flat/door',
    headers: { 'x-version': '1' },
    setup: { imports: [bound('{*path}')], configure: header },
  },
  {
    how: 'prefix, module path and version together, for the controller',
    path: '/api/v1/estate/ada/flat/door',
    setup: {
      imports: estate(FlatController),
      configure: (app) => {
        prefix()(app);
        uri(app);
      },
    },
  },
  {
    how: 'prefix, module path and version together, for everything',
    path: '/api/v1/estate/ada/flat/door',
    setup: {
      imports: estate('{*path}'),
      configure: (app) => {
        prefix()(app);
        uri(app);
      },
    },
  },
];

const excluding = (...routes: Parameters<ReturnType<MiddlewareConsumer['apply']>['exclude']>) =>
  moduleThat(
    (consumer) =>
      void consumer
        .apply(middleware)
        .exclude(...routes)
        .forRoutes('*path'),
    {
      controllers,
    },
  );

const uncovered: readonly Covered[] = [
  {
    how: 'exclude() of the path',
    path: '/house/door',
    setup: { imports: [excluding('house/door')] },
  },
  {
    how: 'exclude() of the path and GET',
    path: '/house/door',
    setup: { imports: [excluding({ path: 'house/door', method: GET })] },
  },
  {
    how: 'exclude() of a parameter, below a global prefix',
    path: '/api/house/door',
    setup: { imports: [excluding('house/:part')], configure: prefix() },
  },
  {
    how: 'forRoutes() of a path and POST',
    path: '/house/door',
    setup: { imports: [bound({ path: 'house/door', method: RequestMethod.POST })] },
  },
  {
    how: 'forRoutes() of another controller',
    path: '/house/door',
    setup: { imports: [bound(FlatController)] },
  },
];

describe.each(platforms)('the paths of middleware on $name', (platform) => {
  beforeEach(() => {
    journal.splice(0);
    act = pass;
  });
  afterEach(closeAllApps);

  it.each(covered)('$how: middleware meets the upgrade once', async ({ setup, path, headers }) => {
    const app = await startApp(platform, setup);
    await app.get(path, { headers });
    expect(journal.splice(0)).toEqual(['middleware']);
    await app.connect(path, { headers });
    expect(journal).toEqual(['middleware']);
  });

  it.each(covered)('$how: middleware keeps the client out', async ({ setup, path, headers }) => {
    const app = await startApp(platform, setup);
    for (const { refuse } of refusals) {
      act = refuse;
      const upgrade = { headers: Object.entries(headers ?? {}) };
      expect(await refusedUpgrade(app, path, upgrade)).toMatchObject({ status: 401 });
    }
    expect(journal).toEqual(refusals.map(() => 'middleware'));
  });

  it.each(uncovered)('$how leaves the upgrade alone, as it does a GET', async (route) => {
    act = () => {
      throw new Error('not for this route');
    };
    const app = await startApp(platform, route.setup);
    expect(await app.get(route.path)).toMatchObject({ status: 200, body: 'a door' });
    await app.connect(route.path);
    expect(journal).toEqual([]);
  });
});
