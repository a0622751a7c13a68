import {
  Body,
  Catch,
  Controller,
  Injectable,
  Module,
  Param,
  Scope,
  UseFilters,
  UseGuards,
  UseInterceptors,
  UsePipes,
  type ArgumentsHost,
  type CallHandler,
  type CanActivate,
  type ExceptionFilter,
  type ExecutionContext,
  type INestApplication,
  type MiddlewareConsumer,
  type NestInterceptor,
  type NestModule,
  type PipeTransform,
} from '@nestjs/common';
import { APP_GUARD, APP_INTERCEPTOR, APP_PIPE } from '@nestjs/core';
import {
  CleanUp,
  CloseWebSocket,
  UseObservers,
  WebSocket,
  WebSocketConnection,
  type ConnectionOutcome,
  type WebSocketObserver,
  type WebSocketObserverContext,
} from 'nestjs-revali-ws';
import { tap, type Observable } from 'rxjs';
import { startApp } from '../support/apps/app-factory.js';
import { eventually } from '../support/deadline.js';
import { transports } from '../support/apps/transports.js';
import { closeAllApps, type RunningApp } from '../support/apps/running-app.js';

/** Every step of everybody, in the order in which it happened. */
const steps: string[] = [];

/** A socket that is OPEN has not sent its close frame. */
function frameState({ socket }: WebSocketConnection): string {
  return socket?.readyState === 1 ? ' before the close frame' : ' after the close frame';
}

class Observer implements WebSocketObserver {
  constructor(private readonly scope: string) {}

  onOpen(): void {
    steps.push(`observer ${this.scope} onOpen`);
  }

  onClose({ connection }: WebSocketObserverContext, outcome: ConnectionOutcome): void {
    const end = outcome.kind === 'refused' ? ' of a refusal' : frameState(connection);
    steps.push(`observer ${this.scope} onClose${end}`);
  }
}

class Guard implements CanActivate {
  constructor(private readonly scope: string) {}

  canActivate(context: ExecutionContext): boolean {
    steps.push(`guard ${this.scope}`);
    const { headers } = context.switchToHttp().getRequest<{ headers: Record<string, string> }>();
    return this.scope !== 'method' || headers['x-refuse'] === undefined;
  }
}

class Interceptor implements NestInterceptor {
  constructor(private readonly scope: string) {}

  intercept(_context: ExecutionContext, next: CallHandler): Observable<unknown> {
    steps.push(`interceptor ${this.scope} before`);
    return next.handle().pipe(tap(() => steps.push(`interceptor ${this.scope} after`)));
  }
}

class Pipe implements PipeTransform {
  constructor(private readonly scope: string) {}

  transform(value: unknown, { type }: { readonly type: string }): unknown {
    steps.push(`pipe ${this.scope} (${type})`);
    return value;
  }
}

@Catch()
class Filter implements ExceptionFilter {
  constructor(private readonly scope: string) {}

  catch(exception: Error, host: ArgumentsHost): void {
    steps.push(`filter ${this.scope} (${host.getType()})`);
    throw exception;
  }
}

@Injectable({ scope: Scope.REQUEST })
class Scoped {
  constructor() {
    steps.push('request-scoped instance created');
  }
}

@UseObservers(new Observer('controller'))
@UseGuards(new Guard('controller'))
@UseInterceptors(new Interceptor('controller'))
@UsePipes(new Pipe('controller'))
@UseFilters(new Filter('controller'))
@Controller()
class OrderController {
  constructor(_scoped: Scoped) {
    steps.push('controller created');
  }

  @UseObservers(new Observer('method'))
  @UseGuards(new Guard('method'))
  @UseInterceptors(new Interceptor('method'))
  @UsePipes(new Pipe('method'))
  @UseFilters(new Filter('method'))
  @WebSocket('order/:id', { triggerOnConnect: true })
  handle(
    @Body(new Pipe('parameter')) text: string | undefined,
    @Param('id') _id: string,
    cleanUp: CleanUp,
    closer: CloseWebSocket,
    connection: WebSocketConnection,
  ): string {
    steps.push(`handler ${text ?? 'on connect'}`);
    if (text === undefined) cleanUp.add(() => steps.push(`clean-up${frameState(connection)}`));
    if (text === 'throw') throw new Error('for the filter');
    if (text === 'close') closer.close();
    return text ?? 'welcome';
  }
}

type Step = (request: unknown, response: unknown, next: () => void) => void;

const middleware =
  (name: string): Step =>
  (_request, _response, next) => {
    steps.push(`middleware ${name}`);
    next();
  };

@Module({
  controllers: [OrderController],
  providers: [
    Scoped,
    { provide: APP_GUARD, useValue: new Guard('APP_GUARD') },
    { provide: APP_INTERCEPTOR, useValue: new Interceptor('APP_INTERCEPTOR') },
    { provide: APP_PIPE, useValue: new Pipe('APP_PIPE') },
  ],
})
class OrderModule implements NestModule {
  configure(consumer: MiddlewareConsumer): void {
    consumer.apply(middleware('of the module')).forRoutes(OrderController);
  }
}

function configure(app: INestApplication): void {
  app.use(middleware('app.use'));
  app.useGlobalGuards(new Guard('global'));
  app.useGlobalInterceptors(new Interceptor('global'));
  app.useGlobalPipes(new Pipe('global'));
  app.useGlobalFilters(new Filter('global'));
}

const scopes = (name: string) => [name, 'global', 'controller', 'method'];

const opening = [
  ...['module', 'controller', 'method'].map((scope) => `observer ${scope} onOpen`),
  'middleware app.use',
  'middleware of the module',
  'request-scoped instance created',
  'controller created',
  ...scopes('APP_GUARD').map((scope) => `guard ${scope}`),
];
const before = scopes('APP_INTERCEPTOR').map((scope) => `interceptor ${scope} before`);
const after = scopes('APP_INTERCEPTOR')
  .toReversed()
  .map((scope) => `interceptor ${scope} after`);
const paramPipes = scopes('APP_PIPE').map((scope) => `pipe ${scope} (param)`);
/** As over HTTP, parameters do not wait for each other. */
const pipes = [
  ...scopes('APP_PIPE').flatMap((scope) => [`pipe ${scope} (param)`, `pipe ${scope} (body)`]),
  'pipe parameter (body)',
];
const onConnect = [...before, ...paramPipes, 'handler on connect', ...after];
const closing = [
  ...['module', 'controller', 'method'].map(
    (scope) => `observer ${scope} onClose before the close frame`,
  ),
  'clean-up after the close frame',
];

describe.each(transports)('the order of the lifecycle on $label', (platform) => {
  let app: RunningApp;

  beforeEach(async () => {
    app = await startApp(platform, {
      module: OrderModule,
      configure,
      forRoot: { observers: [new Observer('module')] },
    });
    steps.length = 0;
  });
  afterEach(closeAllApps);

  const connected = async () => {
    const client = await app.connect('/order/1');
    expect(await client.text()).toBe('welcome');
    return client;
  };

  it('of a refused upgrade', async () => {
    const refused = app.connect('/order/1', { headers: { 'x-refuse': 'yes' } });
    await expect(refused).rejects.toMatchObject({ status: 403 });
    const end = ['module', 'controller', 'method'].map(
      (by) => `observer ${by} onClose of a refusal`,
    );
    await eventually(() => expect(steps).toContain(end.at(-1)), 'the last observer');
    // As over HTTP, what it throws goes to the filters of a request-scoped route once more, and then to the global ones.
    const filters = ['filter method (http)', 'filter method (http)', 'filter global (http)'];
    expect(steps).toEqual([...opening, ...filters, ...end]);
  });

  it('on connect', async () => {
    await connected();
    expect(steps).toEqual([...opening, ...onConnect]);
  });

  it('of a message', async () => {
    const client = await connected();
    steps.length = 0;
    client.send('hi');
    expect(await client.text()).toBe('hi');
    expect(steps).toEqual([...before, ...pipes, 'handler hi', ...after]);
  });

  it('of a message that fails', async () => {
    const client = await connected();
    steps.length = 0;
    client.send('throw');
    expect(await client.closed).toMatchObject({ code: 1011 });
    await eventually(() => expect(steps).toContain(closing.at(-1)), 'the clean-up');
    const failing = [...before, ...pipes, 'handler throw', 'filter method (ws)'];
    expect(steps).toEqual([...failing, ...closing]);
  });

  it('of a close by the client', async () => {
    const client = await connected();
    steps.length = 0;
    await client.close(1000);
    await eventually(() => expect(steps).toContain(closing.at(-1)), 'the clean-up');
    expect(steps).toEqual(closing);
  });

  it('of a close by the server', async () => {
    const client = await connected();
    steps.length = 0;
    client.send('close');
    expect(await client.text()).toBe('close');
    expect(await client.closed).toMatchObject({ code: 1000, reason: 'Closed by the server' });
    await eventually(() => expect(steps).toContain(closing.at(-1)), 'the clean-up');
    expect(steps).toEqual([...before, ...pipes, 'handler close', ...after, ...closing]);
  });

  it('of a close by the end of the application', async () => {
    const client = await connected();
    steps.length = 0;
    await app.close();
    expect(await client.closed).toMatchObject({ code: 1001 });
    expect(steps).toEqual(closing);
  });
});
