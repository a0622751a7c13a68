import {
  Body,
  Catch,
  Controller,
  createParamDecorator,
  Module,
  UseFilters,
  UseGuards,
  UseInterceptors,
  UsePipes,
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
import {
  CleanUp,
  UseObservers,
  WebSocket,
  WebSocketConnection,
  type WebSocketObserver,
} from 'nestjs-revali-ws';
import { AsyncLocalStorage } from 'node:async_hooks';
import type { IncomingMessage } from 'node:http';
import { interval, map, Observable, take, tap } from 'rxjs';
import { startApp } from '../../support/apps/app-factory.js';
import { eventually } from '../../support/deadline.js';
import { platforms } from '../../support/apps/platforms.js';
import { closeAllApps, type RunningApp } from '../../support/apps/running-app.js';

const storage = new AsyncLocalStorage<string>();
/** Connections that outlive their clients. */
const kept: WebSocketConnection[] = [];
/** What ran, and whose store it saw. */
const seen: string[] = [];

function note(step: string): void {
  seen.push(`${step}: ${storage.getStore()}`);
}

class Guard implements CanActivate {
  async canActivate(): Promise<boolean> {
    note('guard');
    await Promise.resolve();
    return true;
  }
}

class Interceptor implements NestInterceptor {
  intercept(_context: ExecutionContext, next: CallHandler): Observable<unknown> {
    note('interceptor before');
    return next.handle().pipe(tap(() => note('interceptor after')));
  }
}

class Pipe implements PipeTransform {
  transform(value: unknown): unknown {
    note('pipe');
    return value;
  }
}

@Catch()
class Filter implements ExceptionFilter {
  catch(): string {
    note('filter');
    return 'filtered';
  }
}

class Observer implements WebSocketObserver {
  onClose(): void {
    note('observer onClose');
  }
}

const Noted = createParamDecorator(() => note('decorator'));

async function* forever(): AsyncGenerator<string> {
  try {
    for (;;) {
      note('item');
      yield 'item';
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  } finally {
    note('finally');
  }
}

@UseObservers(Observer)
@UseGuards(Guard)
@Controller()
class StoreController {
  @UseInterceptors(Interceptor)
  @UsePipes(Pipe)
  @UseFilters(Filter)
  @WebSocket('handler')
  async handle(@Body() text: string, @Noted() _noted: unknown): Promise<string> {
    note('handler');
    await new Promise((resolve) => setImmediate(resolve));
    note('handler, later');
    if (text === 'throw') throw new Error('for the filter');
    return text;
  }

  @WebSocket('feed', { mode: 'sendOnly' })
  feed(cleanUp: CleanUp, connection: WebSocketConnection): AsyncGenerator<string> {
    cleanUp.add(() => note('clean-up'));
    connection.signal.addEventListener('abort', () => note('abort'));
    return forever();
  }

  @UseInterceptors(Interceptor)
  @WebSocket('ticks', { triggerOnConnect: true })
  ticks(cleanUp: CleanUp): Observable<string> {
    cleanUp.add(() => note('clean-up'));
    return new Observable<string>((subscriber) => {
      const items = interval(1).pipe(
        take(2),
        map((tick) => {
          note('item');
          return `tick ${tick}`;
        }),
      );
      const subscription = items.subscribe((item) => subscriber.next(item));
      subscription.add(() => note('source done'));
      return () => note('teardown');
    });
  }

  @WebSocket('kept')
  keep(@Body() text: string, connection: WebSocketConnection): string {
    if (text === 'keep') kept.push(connection);
    else kept.at(-1)?.onClose(() => note('clean-up too late'));
    return 'done';
  }

  @WebSocket('who')
  async who(@Body() delay: number): Promise<string> {
    await new Promise((resolve) => setTimeout(resolve, delay));
    return String(storage.getStore());
  }
}

type Step = (request: IncomingMessage, response: unknown, next: () => void) => void;

const open: Step = (request, _response, next) => {
  storage.run(String(request.headers['x-user']), next);
};

@Module({ controllers: [StoreController] })
class PlainModule {}

@Module({ controllers: [StoreController] })
class ConsumerModule implements NestModule {
  configure(consumer: MiddlewareConsumer): void {
    consumer.apply(open).forRoutes(StoreController);
  }
}

interface FastifyLike {
  addHook(name: 'onRequest', hook: Step): unknown;
}

function hasHooks(instance: unknown): instance is FastifyLike {
  return typeof instance === 'object' && instance !== null && 'addHook' in instance;
}

function addFastifyHook(app: INestApplication): void {
  const instance: unknown = app.getHttpAdapter().getInstance();
  if (!hasHooks(instance)) throw new Error('not Fastify');
  instance.addHook('onRequest', open);
}

const openers = [
  {
    how: 'app.use()',
    module: PlainModule,
    configure: (app: INestApplication) => void app.use(open),
  },
  { how: 'consumer.apply()', module: ConsumerModule, configure: undefined },
  { how: 'a Fastify hook', module: PlainModule, configure: addFastifyHook },
];

const everywhere = platforms.flatMap((platform) =>
  openers
    .filter(({ how }) => platform.name === 'fastify' || how !== 'a Fastify hook')
    .map((opener) => Object.assign({ platform, name: platform.name }, opener)),
);

describe.each(everywhere)('a store opened by $how on $name', ({ platform, module, configure }) => {
  let app: RunningApp;

  beforeEach(async () => {
    seen.length = 0;
    app = await startApp(platform, { module, configure });
  });
  afterEach(closeAllApps);

  const as = (user: string) => ({ headers: { 'x-user': user } });

  it('is seen by guards, interceptors, pipes, decorators, handlers and filters', async () => {
    const client = await app.connect('/handler', as('ada'));
    client.send('hi');
    expect(await client.text()).toBe('hi');
    client.send('throw');
    expect(await client.text()).toBe('filtered');
    await client.close();
    await eventually(() => expect(seen).toContain('observer onClose: ada'), 'onClose');
    const message = [
      'interceptor before',
      'decorator',
      'pipe',
      'pipe',
      'handler',
      'handler, later',
    ];
    const expected = [
      'guard',
      ...message,
      'interceptor after',
      ...message,
      'filter',
      'observer onClose',
    ];
    expect(seen).toEqual(expected.map((step) => `${step}: ada`));
  });

  it('is seen by the items of a stream and by all that runs at its end', async () => {
    const client = await app.connect('/feed', as('bob'));
    for (let count = 0; count < 3; count += 1) await client.text();
    await client.close();
    await eventually(() => expect(seen.join()).toContain('finally'), 'the finally block');
    const steps = new Set(seen);
    expect([...steps].toSorted()).toEqual(
      ['abort', 'clean-up', 'finally', 'guard', 'item', 'observer onClose'].map((s) => `${s}: bob`),
    );
  });

  it('is seen by the items of an Observable, and by its teardown', async () => {
    const client = await app.connect('/ticks', as('cy'));
    expect(await client.text()).toBe('tick 0');
    expect(await client.text()).toBe('tick 1');
    await client.close();
    await eventually(() => expect(seen.join()).toContain('clean-up'), 'the clean-up');
    expect([...new Set(seen)].toSorted()).toEqual(
      [
        'clean-up',
        'guard',
        'interceptor after',
        'interceptor before',
        'item',
        'observer onClose',
        'source done',
        'teardown',
      ].map((step) => `${step}: cy`),
    );
  });

  it('is seen by the end that the server makes', async () => {
    const client = await app.connect('/feed', as('dan'));
    await client.text();
    await app.close();
    await client.closed;
    const atEnd = ['abort', 'clean-up', 'finally', 'observer onClose'].map(
      (step) => `${step}: dan`,
    );
    expect(seen).toEqual(expect.arrayContaining(atEnd));
    expect(seen.filter((step) => !step.endsWith(': dan'))).toEqual([]);
  });

  it('is seen by a clean-up that another connection adds after the end', async () => {
    const client = await app.connect('/kept', as('eve'));
    client.send('keep');
    expect(await client.text()).toBe('done');
    await client.close();
    await eventually(() => expect(kept.at(-1)?.signal.aborted).toBe(true), 'the end');
    const other = await app.connect('/kept', as('finn'));
    other.send('add');
    expect(await other.text()).toBe('done');
    expect(seen).toContain('clean-up too late: eve');
  });

  it('is not seen by other connections', async () => {
    const users = Array.from({ length: 10 }, (_value, index) => `user ${index}`);
    const clients = await Promise.all(users.map((user) => app.connect('/who', as(user))));
    // The first to ask are the last to be answered.
    clients.forEach((client, index) => client.send(String(20 - index)));
    expect(await Promise.all(clients.map((client) => client.text()))).toEqual(users);
    clients.forEach((client) => client.send('0'));
    expect(await Promise.all(clients.map((client) => client.text()))).toEqual(users);
  });
});
