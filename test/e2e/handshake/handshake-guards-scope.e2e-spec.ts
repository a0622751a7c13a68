import {
  Body,
  Controller,
  Inject,
  Injectable,
  Module,
  Scope,
  UseGuards,
  type CanActivate,
  type ExecutionContext,
  type MiddlewareConsumer,
  type NestMiddleware,
  type NestModule,
} from '@nestjs/common';
import { APP_GUARD, REQUEST } from '@nestjs/core';
import { WebSocket } from 'nestjs-revali-ws';
import { startApp, type AppSetup } from '../../support/apps/app-factory.js';
import { platforms } from '../../support/apps/platforms.js';
import { refusedUpgrade } from '../../support/raw/refused-upgrade.js';
import { closeAllApps } from '../../support/apps/running-app.js';

const journal: string[] = [];
let created = { visits: 0, guards: 0, controllers: 0 };

interface Request {
  headers: Record<string, string | undefined>;
}

/** One for each handshake, shared by everything that is made for it. */
@Injectable({ scope: Scope.REQUEST })
class Visit {
  readonly number: number;

  constructor(@Inject(REQUEST) readonly request: Request) {
    this.number = created.visits += 1;
  }
}

@Injectable({ scope: Scope.REQUEST })
class VisitGuard implements CanActivate {
  constructor(@Inject(Visit) private readonly visit: Visit) {
    created.guards += 1;
  }

  canActivate(): boolean {
    journal.push(`guard of visit ${this.visit.number}`);
    return this.visit.request.headers['x-user'] === 'ada';
  }
}

@Injectable({ scope: Scope.REQUEST })
class VisitMiddleware implements NestMiddleware {
  constructor(@Inject(Visit) private readonly visit: Visit) {}

  use(_request: object, _response: object, next: () => void): void {
    journal.push(`middleware of visit ${this.visit.number}`);
    next();
  }
}

function entered(message: string): string {
  journal.push('handler');
  return message;
}

@Controller('house')
class StaticController {
  @WebSocket('door')
  @UseGuards(VisitGuard)
  enter(@Body() message: string): string {
    return entered(message);
  }
}

@Controller('house')
@UseGuards(VisitGuard)
class GuardedController {
  @WebSocket('door')
  enter(@Body() message: string): string {
    return entered(message);
  }
}

@Controller('house')
class UnguardedController {
  @WebSocket('door')
  enter(@Body() message: string): string {
    return entered(message);
  }
}

@Controller({ path: 'house', scope: Scope.REQUEST })
@UseGuards(VisitGuard)
class ScopedController {
  constructor(@Inject(Visit) private readonly visit: Visit) {
    created.controllers += 1;
  }

  @WebSocket('door')
  enter(@Body() message: string): string {
    journal.push(`handler of visit ${this.visit.number}`);
    return message;
  }
}

/** Says of itself nothing about scopes: what it injects makes it request-scoped. */
@Injectable()
class BubblingGuard implements CanActivate {
  constructor(@Inject(Visit) private readonly visit: Visit) {}

  canActivate(): boolean {
    journal.push(`guard of visit ${this.visit.number}`);
    return this.visit.request.headers['x-user'] === 'ada';
  }
}

@Controller('house')
@UseGuards(BubblingGuard)
class BubblingController {
  @WebSocket('door')
  enter(@Body() message: string): string {
    return entered(message);
  }
}

@Injectable()
class RequestGuard implements CanActivate {
  constructor(@Inject(REQUEST) private readonly request: Request) {}

  canActivate(context: ExecutionContext): boolean {
    return this.request === context.switchToHttp().getRequest();
  }
}

@Module({ providers: [Visit, { provide: APP_GUARD, useClass: VisitGuard, scope: Scope.REQUEST }] })
class GlobalGuardModule {}

@Module({ controllers: [ScopedController], providers: [Visit] })
class MiddlewareModule implements NestModule {
  configure(consumer: MiddlewareConsumer): void {
    consumer.apply(VisitMiddleware).forRoutes(ScopedController);
  }
}

const setups: readonly { scope: string; setup: AppSetup }[] = [
  { scope: 'on the method', setup: { controllers: [StaticController], providers: [Visit] } },
  { scope: 'on the controller', setup: { controllers: [GuardedController], providers: [Visit] } },
  {
    scope: 'through its dependencies',
    setup: { controllers: [BubblingController], providers: [Visit] },
  },
  {
    scope: 'as APP_GUARD',
    setup: { controllers: [UnguardedController], imports: [GlobalGuardModule] },
  },
];

const asAda = { headers: { 'x-user': 'ada' } };

describe.each(platforms)('request scope at the handshake on $name', (platform) => {
  beforeEach(() => {
    journal.splice(0);
    created = { visits: 0, guards: 0, controllers: 0 };
  });
  afterEach(closeAllApps);

  it.each(setups)(
    'a request-scoped guard $scope lets in and keeps out, one instance a handshake',
    async ({ setup }) => {
      const app = await startApp(platform, setup);
      expect(created.visits).toBe(0);
      const client = await app.connect('/house/door', asAda);
      for (const message of ['one', 'two']) {
        client.send(message);
        expect(await client.text()).toBe(message);
      }
      expect(await refusedUpgrade(app, '/house/door')).toMatchObject({ status: 403 });
      const again = await app.connect('/house/door', asAda);
      expect(journal).toEqual([
        'guard of visit 1',
        'handler',
        'handler',
        'guard of visit 2',
        'guard of visit 3',
      ]);
      expect(created.visits).toBe(3);
      expect(again.isOpen).toBe(true);
    },
  );

  it('REQUEST is the request that the guard is asked about', async () => {
    @Controller('house')
    @UseGuards(RequestGuard)
    class RequestController extends UnguardedController {}
    const app = await startApp(platform, { controllers: [RequestController] });
    const client = await app.connect('/house/door');
    client.send('hello');
    expect(await client.text()).toBe('hello');
  });

  it('middleware, guard and controller of one handshake share its instances', async () => {
    const app = await startApp(platform, { imports: [MiddlewareModule] });
    const clients = await Promise.all([
      app.connect('/house/door', asAda),
      app.connect('/house/door', asAda),
    ]);
    for (const client of clients) {
      client.send('hello');
      expect(await client.text()).toBe('hello');
    }
    expect(created).toEqual({ visits: 2, guards: 2, controllers: 2 });
    const ofVisit = (number: number) => journal.filter((entry) => entry.endsWith(` ${number}`));
    for (const number of [1, 2]) {
      expect(ofVisit(number)).toEqual([
        `middleware of visit ${number}`,
        `guard of visit ${number}`,
        `handler of visit ${number}`,
      ]);
    }
  });

  it('makes no controller method run for a client that its guard keeps out', async () => {
    const app = await startApp(platform, { imports: [MiddlewareModule] });
    expect(await refusedUpgrade(app, '/house/door')).toMatchObject({ status: 403 });
    expect(journal).toEqual(['middleware of visit 1', 'guard of visit 1']);
  });

  it('answers 500 when what the controller injects cannot be made', async () => {
    @Controller({ path: 'house', scope: Scope.REQUEST })
    class BrokenController extends UnguardedController {
      constructor(@Inject('BROKEN') readonly broken: unknown) {
        super();
      }
    }
    const app = await startApp(platform, {
      controllers: [BrokenController],
      providers: [
        {
          provide: 'BROKEN',
          scope: Scope.REQUEST,
          useFactory: () => {
            throw new Error('secret');
          },
        },
      ],
    });
    const { status, body } = await refusedUpgrade(app, '/house/door');
    expect(status).toBe(500);
    expect(JSON.parse(body)).toEqual({ statusCode: 500, message: 'Internal server error' });
    expect(app.logs.messages('error')).toContain('secret');
    expect(journal).toEqual([]);
  });
});
