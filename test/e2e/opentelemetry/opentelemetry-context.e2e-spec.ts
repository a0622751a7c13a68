import {
  Body,
  Controller,
  Injectable,
  UseInterceptors,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
  type PipeTransform,
} from '@nestjs/common';
import { trace } from '@opentelemetry/api';
import { WebSocket } from 'nestjs-revali-ws';
import { createTracing } from 'nestjs-revali-ws/opentelemetry';
import { AsyncLocalStorage } from 'node:async_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import {
  concatMap,
  finalize,
  from,
  map,
  NEVER,
  Observable,
  range,
  repeat,
  retry,
  startWith,
  take,
  tap,
} from 'rxjs';

import { startApp } from '../../support/apps/app-factory.js';
import { eventually } from '../../support/deadline.js';
import { platforms } from '../../support/apps/platforms.js';
import { closeAllApps, type RunningApp } from '../../support/apps/running-app.js';
import { disableTracing, enableTracing, TraceLog } from '../../support/records/trace-log.js';

const storage = new AsyncLocalStorage<string>();
/** What ran, and in which span. */
const seen: [step: string, spanId: string | undefined][] = [];

function note<T>(step: string, value: T): T {
  seen.push([step, trace.getActiveSpan()?.spanContext().spanId]);
  return value;
}

class Pipe implements PipeTransform {
  transform(value: unknown): unknown {
    return note('pipe', value);
  }
}

@Injectable()
class Inner implements NestInterceptor {
  intercept(_context: ExecutionContext, next: CallHandler): Observable<unknown> {
    note('interceptor', undefined);
    return next.handle().pipe(tap(() => note('item', undefined)));
  }
}

class Stored implements NestInterceptor {
  intercept(_context: ExecutionContext, next: CallHandler): Observable<unknown> {
    return storage.run('mine', () => next.handle());
  }
}

class Retrying implements NestInterceptor {
  intercept(_context: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle().pipe(retry(2));
  }
}

class First implements NestInterceptor {
  intercept(_context: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle().pipe(take(1));
  }
}

let tries = 0;

@Controller()
class StepController {
  @WebSocket('value')
  @UseInterceptors(Inner)
  async value(@Body(Pipe) message: string): Promise<string> {
    note('handler', undefined);
    await delay(1);
    return note('handler, later', message);
  }

  @WebSocket('generator')
  @UseInterceptors(Inner)
  async *generator(@Body() message: string): AsyncGenerator<string> {
    for (let n = 1; n <= 2; n += 1) {
      await delay(1);
      yield note('handler', `${message} ${n}`);
    }
  }

  @WebSocket('observable')
  @UseInterceptors(Inner)
  observable(@Body() message: string): Observable<string> {
    return range(1, 2).pipe(
      concatMap(async (n) => {
        await delay(1);
        return note('handler', `${message} ${n}`);
      }),
    );
  }

  @WebSocket('promised')
  promised(@Body() message: string): Promise<Observable<string>> {
    return Promise.resolve(from([message]).pipe(map((item) => note('handler', item))));
  }

  @WebSocket('endless')
  async *endless(): AsyncGenerator<string> {
    try {
      for (;;) {
        yield 'more';
        await delay(1);
      }
    } finally {
      note('finally', undefined);
    }
  }

  @WebSocket('silent')
  silent(): Observable<string> {
    return NEVER.pipe(
      startWith('open'),
      finalize(() => note('teardown', undefined)),
    );
  }

  @WebSocket('stored')
  stored(): string {
    return storage.getStore() ?? 'nothing';
  }

  @WebSocket('retried')
  retried(): string {
    tries += 1;
    if (tries < 3) throw new Error(`Failed ${tries} times`);
    return 'done';
  }

  @WebSocket('first')
  first(): Observable<string> {
    return from(['again']).pipe(repeat());
  }
}

describe.each(platforms)('the active span on $name', (platform) => {
  let log: TraceLog;

  /** @param outer Interceptors around that of the tracing. */
  function start(...outer: NestInterceptor[]): Promise<RunningApp> {
    const { observer, interceptor } = createTracing({ tracer: log.tracer });
    return startApp(platform, {
      controllers: [StepController],
      forRoot: { observers: [observer] },
      configure: (app) => void app.useGlobalInterceptors(...outer, interceptor),
    });
  }

  beforeEach(() => {
    seen.length = 0;
    tries = 0;
    log = new TraceLog();
    enableTracing();
  });
  afterEach(async () => {
    await closeAllApps();
    disableTracing();
  });

  it.each([
    ['value', ['interceptor', 'pipe', 'handler', 'handler, later', 'item']],
    ['generator', ['interceptor', 'handler', 'item', 'handler', 'item']],
    ['observable', ['interceptor', 'handler', 'item', 'handler', 'item']],
    ['promised', ['handler']],
  ])("is the message's while all of its steps run (%s)", async (path, steps) => {
    const app = await start();
    const client = await app.connect(path);
    client.send('hi');
    const { spanId } = (await log.span(`StepController.${path}`)).spanContext();
    expect(seen).toEqual(steps.map((step) => [step, spanId]));
  });

  it('is another one for each of several messages at once', async () => {
    const app = await start();
    const clients = await Promise.all([app.connect('value'), app.connect('value')]);
    for (const client of clients) client.send('hi');
    for (const client of clients) await client.text();
    await eventually(() => expect(log.names.length).toBe(2), 'two spans');
    const ids = log.spans.map((span) => span.spanContext().spanId);
    for (const id of ids) expect(seen.filter(([, spanId]) => spanId === id)).toHaveLength(5);
  });

  it('is that of a stream until the client leaves, `finally` included', async () => {
    const app = await start();
    const client = await app.connect('endless');
    client.send('go');
    await client.text();
    expect(log.names).toEqual([]);
    client.terminate();
    const span = await log.span('StepController.endless');
    const { spanId } = span.spanContext();
    await eventually(() => expect(seen).toEqual([['finally', spanId]]), 'the end of the stream');
    expect(span.events).toEqual([]);
  });

  it('ends with the connection where a stream never does', async () => {
    const app = await start();
    const client = await app.connect('silent');
    client.send('go');
    await client.text();
    expect(log.names).toEqual([]);
    await client.close();
    const { spanId } = (await log.span('StepController.silent')).spanContext();
    expect(seen).toEqual([['teardown', spanId]]);
  });

  it('leaves the stores of other interceptors as they are', async () => {
    const app = await start(new Stored());
    const client = await app.connect('stored');
    client.send('hi');
    expect(await client.text()).toBe('mine');
  });

  it('is another one for each try of an interceptor that tries again', async () => {
    const app = await start(new Retrying());
    const client = await app.connect('retried');
    client.send('hi');
    expect(await client.text()).toBe('done');
    await eventually(() => expect(log.names.length).toBe(3), 'three spans');
    const messages = log.spans.map(({ events }) => events[0]?.attributes?.['exception.message']);
    expect(messages).toEqual(['Failed 1 times', 'Failed 2 times', undefined]);
  });

  it('ends when an interceptor wants no more of a stream that never waits', async () => {
    const app = await start(new First());
    const client = await app.connect('first');
    client.send('hi');
    expect(await client.text()).toBe('again');
    await log.span('StepController.first');
    await client.expectNothing();
  });
});
