import {
  Body,
  Controller,
  forwardRef,
  Get,
  Global,
  Inject,
  Injectable,
  Module,
  RequestMethod,
  type MiddlewareConsumer,
  type NestMiddleware,
  type NestModule,
} from '@nestjs/common';
import { RevaliWsModule, WebSocket } from 'nestjs-revali-ws';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { startApp, type AppSetup } from '../../support/apps/app-factory.js';
import { createApp } from '../../support/apps/factory-app.js';
import {
  moduleThat,
  pass,
  refusals,
  type Middleware,
  type Next,
} from '../../support/apps/middleware.js';
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
class SocketController {
  @WebSocket('door')
  enter(@Body() message: string): string {
    journal.push('handler');
    return message;
  }
}

@Controller('house')
class MixedController extends SocketController {
  @Get('door')
  look(): string {
    journal.push('GET handler');
    return 'a door';
  }
}

/** Covers what is said about a controller in a base class as well. */
@Controller('house')
class BaseController extends MixedController {}

const controllers = [MixedController];

const MIDDLEWARE = Symbol('MIDDLEWARE');

@Injectable()
class ClassMiddleware implements NestMiddleware {
  constructor(@Inject(MIDDLEWARE) private readonly injected: Middleware) {}

  use(request: IncomingMessage, response: ServerResponse, next: Next): void | Promise<void> {
    return this.injected(request, response, next);
  }
}

@Injectable()
class LaterMiddleware extends ClassMiddleware {}

const providers = [{ provide: MIDDLEWARE, useValue: middleware }];
const everywhere = (consumer: MiddlewareConsumer) =>
  void consumer.apply(middleware).forRoutes('{*path}');
const Everywhere = moduleThat(everywhere);

@Global()
@Module({ providers })
class GlobalModule implements NestModule {
  configure(consumer: MiddlewareConsumer): void {
    consumer.apply(ClassMiddleware).forRoutes('{*path}');
  }
}

@Module({ imports: [Everywhere] })
class ThirdModule {}
@Module({ imports: [ThirdModule] })
class SecondModule {}
@Module({ imports: [SecondModule], controllers })
class FirstModule {}

@Module({ imports: [forwardRef(() => OtherModule)], controllers })
class CircularModule {}
@Module({ imports: [forwardRef(() => CircularModule)], providers })
class OtherModule implements NestModule {
  configure(consumer: MiddlewareConsumer): void {
    consumer.apply(ClassMiddleware).forRoutes(MixedController);
  }
}

async function configureLate(consumer: MiddlewareConsumer): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 5));
  consumer.apply(middleware).forRoutes(MixedController);
}

const bound = (...routes: Parameters<ReturnType<MiddlewareConsumer['apply']>['forRoutes']>) => ({
  controllers,
  imports: [moduleThat((consumer) => void consumer.apply(middleware).forRoutes(...routes))],
});

const get = (path: string) => ({ path, method: RequestMethod.GET });

const registrations: readonly { how: string; setup: AppSetup }[] = [
  { how: 'app.use()', setup: { controllers, configure: (app) => void app.use(middleware) } },
  {
    how: 'app.use() of a path',
    setup: { controllers, configure: (app) => void app.use('/house', middleware) },
  },
  { how: "forRoutes('*')", setup: bound('*') },
  { how: "forRoutes('*path')", setup: bound('*path') },
  { how: "forRoutes('{*path}')", setup: bound('{*path}') },
  { how: 'forRoutes() of a path', setup: bound('house/door') },
  { how: 'forRoutes() of a parameter', setup: bound('house/:part') },
  { how: 'forRoutes() of a wildcard', setup: bound('house/*rest') },
  { how: 'forRoutes() of a path and GET', setup: bound(get('house/door')) },
  { how: 'forRoutes() of a parameter and GET', setup: bound(get(':building/:part')) },
  { how: 'forRoutes() of a wildcard and GET', setup: bound(get('*path')) },
  {
    how: 'forRoutes() of a path and ALL',
    setup: bound({ path: 'house/door', method: RequestMethod.ALL }),
  },
  { how: 'forRoutes() of the controller', setup: bound(MixedController) },
  {
    how: 'forRoutes() of a controller without HTTP routes',
    setup: { ...bound(SocketController), controllers: [SocketController] },
  },
  {
    how: 'forRoutes() of a controller with inherited routes',
    setup: { ...bound(BaseController), controllers: [BaseController] },
  },
  { how: 'an async configure()', setup: { imports: [moduleThat(configureLate, { controllers })] } },
  {
    how: 'a class with dependencies of its module',
    setup: {
      imports: [
        moduleThat((consumer) => void consumer.apply(ClassMiddleware).forRoutes(MixedController), {
          controllers,
          providers,
        }),
      ],
    },
  },
  { how: 'a deep module', setup: { imports: [FirstModule] } },
  { how: 'a global module', setup: { controllers, imports: [GlobalModule] } },
  { how: 'a module of a circle', setup: { imports: [CircularModule] } },
  {
    how: 'a module imported dynamically',
    setup: { controllers, imports: [Promise.resolve({ module: Everywhere })] },
  },
  {
    how: 'apply() of several',
    setup: {
      controllers,
      imports: [
        moduleThat(
          (consumer) =>
            void consumer
              .apply(pass, LaterMiddleware)
              .forRoutes({ path: 'nowhere', method: RequestMethod.GET }, MixedController),
          { providers },
        ),
      ],
    },
  },
  {
    how: 'exclude() of another path',
    setup: {
      controllers,
      imports: [
        moduleThat(
          (consumer) =>
            void consumer.apply(middleware).exclude('house/window').forRoutes(MixedController),
        ),
      ],
    },
  },
  {
    how: 'exclude() of the path and POST',
    setup: {
      controllers,
      imports: [
        moduleThat(
          (consumer) =>
            void consumer
              .apply(middleware)
              .exclude({ path: 'house/door', method: RequestMethod.POST })
              .forRoutes('*path'),
        ),
      ],
    },
  },
];

const answer: Middleware = (_request, response) => {
  response.statusCode = 401;
  response.end('Stay out');
};

const starts = [
  { by: 'NestFactory', start: createApp },
  { by: 'the testing module', start: startApp },
];

/** Before Nest 12 such middleware leaves a plain GET on Fastify without an answer, too. */
const isSafeEverywhere = (how: string, refusal: string) =>
  !(how.startsWith('app.use()') && ['throws', 'rejects'].includes(refusal));

const cases = registrations.flatMap(({ how, setup }) =>
  refusals
    .filter(({ refusal }) => isSafeEverywhere(how, refusal))
    .map(({ refusal, refuse }) => ({ how, setup, refusal, refuse })),
);

describe.each(platforms)('middleware at the handshake on $name', (platform) => {
  beforeEach(() => {
    journal.splice(0);
    act = pass;
  });
  afterEach(closeAllApps);

  describe.each(starts)('of an app made by $by', ({ start }) => {
    it.each(registrations)('$how meets an upgrade as it meets a GET', async ({ setup }) => {
      const app = await start(platform, setup);
      await app.get('/house/door');
      const met = journal.splice(0).filter((entry) => entry !== 'GET handler');
      expect(met).toEqual(['middleware']);
      const client = await app.connect('/house/door');
      expect(journal).toEqual(met);
      act = answer;
      expect(await refusedUpgrade(app, '/house/door')).toMatchObject({ status: 401 });
      expect(journal).toEqual([...met, ...met]);
      client.send('hello');
      expect(await client.text()).toBe('hello');
      expect(journal).toEqual([...met, ...met, 'handler']);
    });
  });

  it.each(cases)('$how keeps the client out when it $refusal', async ({ setup, refuse }) => {
    act = refuse;
    const app = await startApp(platform, setup);
    const { status, body } = await refusedUpgrade(app, '/house/door');
    expect(status).toBe(401);
    expect(body).toContain('Stay out');
    expect(journal).toEqual(['middleware']);
  });

  it.each(refusals.slice(0, 3))('the root module keeps out: $refusal', async ({ refuse }) => {
    act = refuse;

    const root = moduleThat(everywhere, { imports: [RevaliWsModule.forRoot()], controllers });
    const app = await createApp(platform, { module: root });
    expect(await refusedUpgrade(app, '/house/door')).toMatchObject({ status: 401 });
    expect(journal).toEqual(['middleware']);
  });

  it.each(refusals)('a module before RevaliWsModule keeps out: $refusal', async ({ refuse }) => {
    act = refuse;

    const imports = [Everywhere, RevaliWsModule.forRoot()];
    const app = await startApp(platform, { withoutRevaliWs: true, imports, controllers });
    expect(await refusedUpgrade(app, '/house/door')).toMatchObject({ status: 401 });
    expect(journal).toEqual(['middleware']);
  });
});
