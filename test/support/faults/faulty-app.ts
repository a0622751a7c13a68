import {
  Body,
  Catch,
  Controller,
  createParamDecorator,
  Injectable,
  Module,
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
  type MiddlewareConsumer,
  type NestInterceptor,
  type NestModule,
  type PipeTransform,
} from '@nestjs/common';
import {
  AsyncWebSocketSender,
  CleanUp,
  UseObservers,
  WebSocket,
  WebSocketMode,
  type MessageCodec,
  type WebSocketObserver,
} from 'nestjs-revali-ws';
import { Readable } from 'node:stream';
import { concatMap, defer, finalize, from, map, Observable, of } from 'rxjs';
import { FaultPlan } from './fault-plan.js';

/** Where the application fails next. */
export const plan = new FaultPlan();

/** Applied to every item; asynchronous where the plan says so. */
function through<T>(place: string) {
  return concatMap((item: T): Observable<T> => {
    const pending = plan.at(place);
    return pending ? from(pending).pipe(map(() => item)) : of(item);
  });
}

@Injectable({ scope: Scope.REQUEST })
class Scoped {
  constructor() {
    void plan.at('constructor of a dependency');
  }
}

class Guard implements CanActivate {
  async canActivate(context: ExecutionContext): Promise<boolean> {
    await plan.at(`guard (${context.getType()})`);
    return true;
  }
}

class SyncGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    if (!plan.isArmedAt(`bare guard (${context.getType()})`)) return true;
    void plan.at(`bare guard (${context.getType()})`);
    return true;
  }
}

@Injectable({ scope: Scope.REQUEST })
class ScopedGuard implements CanActivate {
  constructor() {
    void plan.at('constructor of a guard');
  }

  canActivate(): boolean {
    return true;
  }
}

class Interceptor implements NestInterceptor {
  intercept(_context: ExecutionContext, next: CallHandler): Observable<unknown> {
    return defer(() => from(Promise.resolve(plan.at('interceptor, deferred'))))
      .pipe(concatMap(() => next.handle()))
      .pipe(through('interceptor after'));
  }
}

class FinalInterceptor implements NestInterceptor {
  intercept(_context: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle().pipe(finalize(() => void plan.at('interceptor, finally')));
  }
}

class EarlyInterceptor implements NestInterceptor {
  intercept(
    _context: ExecutionContext,
    next: CallHandler,
  ): Observable<unknown> | Promise<Observable<unknown>> {
    const pending = plan.at('interceptor before');
    return pending ? pending.then(() => next.handle()) : next.handle();
  }
}

class Pipe implements PipeTransform {
  constructor(private readonly place: string) {}

  transform(value: unknown): unknown {
    const pending = plan.at(this.place);
    return pending ? pending.then(() => value) : value;
  }
}

@Catch()
class Filter implements ExceptionFilter {
  catch(exception: unknown, host: ArgumentsHost): unknown {
    const pending = plan.at(`filter (${host.getType()})`);
    if (pending) return pending;
    throw exception;
  }
}

const Decorated = createParamDecorator((): unknown => plan.at('parameter decorator'));

class Observer implements WebSocketObserver {
  onOpen(): void | Promise<void> {
    return plan.at('observer onOpen');
  }

  onClose(): void | Promise<void> {
    return plan.at('observer onClose');
  }
}

@Injectable({ scope: Scope.REQUEST })
class ScopedObserver implements WebSocketObserver {
  constructor() {
    void plan.at('constructor of an observer');
  }

  onOpen(): void {}
}

const codec: MessageCodec = {
  decode: (data) => {
    void plan.at('codec decode');
    return data.toString();
  },
  encode: (value) => {
    void plan.at('codec encode');
    return String(value);
  },
};

async function* asyncItems(): AsyncGenerator<string> {
  yield 'first';
  await plan.at('async generator');
  yield 'last';
}

function* items(): Generator<string> {
  yield 'first';
  void plan.at('generator');
  yield 'last';
}

function observable(): Observable<string> {
  return of('first', 'last').pipe(through('observable'));
}

/** Pushes nothing more; its end is up to the connection. */
function endless(place: string): Observable<string> {
  return new Observable((subscriber) => {
    subscriber.next('first');
    return () => void plan.at(place);
  });
}

async function* manyItems(): AsyncGenerator<string> {
  try {
    for (;;) {
      yield 'first';
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  } finally {
    await plan.at('finally of a running generator');
  }
}

function readable(): Readable {
  return Readable.from(
    (async function* () {
      yield 'first';
      await plan.at('readable');
      yield 'last';
    })(),
  );
}

const results: Record<string, () => unknown> = {
  'async generator': asyncItems,
  generator: items,
  observable,
  readable,
  'teardown of an observable': () => endless('teardown of an observable'),
  'finally of a running generator': manyItems,
  toJSON: () => ({ toJSON: () => plan.at('toJSON') ?? 'json' }),
  'toJSON of a promised value': async () => ({
    toJSON: () => plan.at('toJSON of a promised value') ?? 'json',
  }),
  'fails for a filter': () => {
    throw new TypeError('for the filter');
  },
};

@UseObservers(Observer, ScopedObserver)
@UseFilters(Filter)
@UseGuards(Guard, SyncGuard)
@UseInterceptors(EarlyInterceptor, Interceptor)
@UsePipes(new Pipe('pipe'))
@Controller()
class FaultyController {
  @WebSocket('faulty', { guards: 'message' })
  handle(
    @Body(new Pipe('parameter pipe')) text: string,
    @Decorated() _decorated: unknown,
    cleanUp: CleanUp,
  ): unknown {
    cleanUp.add(() => plan.at('clean-up'));
    const pending = plan.at('handler');
    if (pending) return pending;
    return results[text]?.() ?? text;
  }

  @WebSocket('sender')
  send(sender: AsyncWebSocketSender): void {
    void sender.send({ toJSON: () => plan.at('toJSON of a send') ?? 'json' });
  }

  @WebSocket('codec', { format: codec })
  encoded(@Body() text: string): string {
    return text;
  }

  @WebSocket('chooser', {
    protocols: async (): Promise<false> => {
      await plan.at('subprotocol chooser');
      return false;
    },
  })
  choose(): void {}

  @WebSocket('sync-chooser', {
    protocols: () => {
      void plan.at('bare subprotocol chooser');
      return false;
    },
  })
  chooseAtOnce(): void {}

  @WebSocket('origins', {
    origins: () => {
      const pending = plan.at('origin policy');
      return pending ? pending.then(() => true) : true;
    },
  })
  judged(): void {}
}

class NobodyGuard implements CanActivate {
  canActivate(): boolean {
    return false;
  }
}

@Controller()
class OtherController {
  @UseInterceptors(FinalInterceptor)
  @WebSocket('final')
  final(@Body() text: string): unknown {
    if (text === 'promise') return Promise.resolve('first');
    return text === 'generator' ? asyncItems() : 'first';
  }

  @UseGuards(NobodyGuard)
  @UseFilters(Filter)
  @WebSocket('denied')
  denied(): void {}

  @WebSocket('on-connect', { triggerOnConnect: true })
  onConnect(): unknown {
    return plan.at('handler on connect') ?? 'first';
  }

  @WebSocket('send-only', { mode: WebSocketMode.sendOnly })
  sendOnly(): unknown {
    return plan.at('handler of a send-only route') ?? 'first';
  }
}

@UseGuards(ScopedGuard)
@Controller()
class ScopedController {
  constructor(_scoped: Scoped) {
    void plan.at('constructor of the controller');
  }

  @WebSocket('scoped')
  handle(@Body() text: string): string {
    return text;
  }
}

@Controller()
class HealthyController {
  @WebSocket('healthy')
  echo(@Body() text: string): string {
    return text;
  }
}

type Step = (request: unknown, response: unknown, next: () => void) => unknown;

const failingAt =
  (place: string): Step =>
  (_request, _response, next) => {
    const pending = plan.at(place);
    return pending ? pending.then(next) : next();
  };

/** For `app.use()`. */
export const appMiddleware = failingAt('middleware of the application');

@Module({
  controllers: [FaultyController, OtherController, ScopedController, HealthyController],
  providers: [Scoped, ScopedObserver],
})
export class FaultyModule implements NestModule {
  configure(consumer: MiddlewareConsumer): void {
    consumer.apply(failingAt('middleware of a module')).forRoutes(FaultyController);
  }
}
