import {
  Body,
  Controller,
  Injectable,
  UseGuards,
  UseInterceptors,
  type CallHandler,
  type CanActivate,
  type ExecutionContext,
  type NestInterceptor,
  type PipeTransform,
  type Type,
} from '@nestjs/common';
import { WebSocket, type WebSocketRouteOptions } from 'nestjs-revali-ws';
import { EventEmitter } from 'node:events';
import { PassThrough } from 'node:stream';
import { EMPTY, of, startWith, type Observable } from 'rxjs';

import { startApp } from '../../support/apps/app-factory.js';
import { platforms } from '../../support/apps/platforms.js';
import { closeAllApps, type RunningApp } from '../../support/apps/running-app.js';
import type { TestClient } from '../../support/clients/test-client.js';
import { eventually, sleep } from '../../support/deadline.js';

const bus = new EventEmitter({ captureRejections: false }).setMaxListeners(0);

let running = 0;
let mostRunning = 0;
let asked: string[] = [];
let sources: PassThrough[] = [];
let cancelled = 0;
let release: (() => void) | undefined;

function sourceWithOneItem(): PassThrough {
  const source = new PassThrough({ objectMode: true });
  sources.push(source);
  source.write('first');
  return source;
}

const answers: Record<string, (signal: AbortSignal) => unknown> = {
  async slow() {
    running += 1;
    mostRunning = Math.max(mostRunning, running);
    await sleep(20);
    running -= 1;
    return 'slow';
  },
  readable: sourceWithOneItem,
  web: () =>
    new ReadableStream({
      start: (controller) => controller.enqueue('first'),
      cancel: () => {
        cancelled += 1;
      },
    }),
  async *stuck() {
    yield 'first';
    await new Promise<void>((resolve) => (release = resolve));
    yield 'second';
  },
  stubborn: () => new Promise<void>((resolve) => (release = resolve)),
  late: () =>
    new Promise((resolve) => {
      release = () => resolve(sourceWithOneItem());
    }),
  lateItems: () =>
    new Promise((resolve) => {
      release = () => resolve(of(1, 2, 3));
    }),
  listening(signal) {
    const listener = (): void => undefined;
    bus.on('news', listener);
    signal.addEventListener('abort', () => bus.off('news', listener));
    return 'listening';
  },
  patient: (signal) => new Promise((resolve) => signal.addEventListener('abort', resolve)),
  empty: () => EMPTY,
  value: () => 'value',
};

@Injectable()
class Passing implements NestInterceptor {
  intercept(_context: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle();
  }
}

@Injectable()
class Announcing implements NestInterceptor {
  intercept(_context: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle().pipe(startWith('soon'));
  }
}

/** The first asks for the time of the second. */
@Injectable()
class Waiting implements CanActivate, PipeTransform {
  async canActivate(context: ExecutionContext): Promise<boolean> {
    if (context.getType() === 'ws') await this.wait('guard');
    return true;
  }

  async transform(value: unknown): Promise<unknown> {
    await this.wait('pipe');
    return value;
  }

  private wait(who: string): Promise<void> {
    asked.push(who);
    return new Promise((resolve) => (release = resolve));
  }
}

@Injectable()
class Counting implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    if (context.getType() === 'ws') asked.push('second guard');
    return true;
  }
}

interface Setup {
  options?: WebSocketRouteOptions;
  interceptors?: Type<NestInterceptor>[];
  guards?: Type<CanActivate>[];
  pipes?: Type<PipeTransform>[];
}

function controllerOf({ options = {}, interceptors = [], guards = [], pipes = [] }: Setup) {
  @Controller()
  @UseInterceptors(...interceptors)
  @UseGuards(...guards)
  class AskController {
    @WebSocket('ask', options)
    ask(@Body(...pipes) name: string, signal: AbortSignal): unknown {
      asked.push(name);
      return answers[name]?.(signal);
    }
  }
  return AskController;
}

describe.each(platforms)('A call that its client stops ($name)', (platform) => {
  beforeEach(() => {
    [running, mostRunning, cancelled] = [0, 0, 0];
    asked = [];
    sources = [];
    release = undefined;
    bus.removeAllListeners();
  });
  afterEach(closeAllApps);

  const start = (setup: Setup = {}): Promise<RunningApp> =>
    startApp(platform, { controllers: [controllerOf(setup)] });
  const connect = (app: RunningApp): Promise<TestClient> =>
    app.connect('/ask', { protocols: ['revali.v1'] });
  const untilAsked = (name: string): Promise<void> =>
    eventually(() => expect(asked).toContain(name), `${name} to be asked`);

  const behind = [
    ['alone', []],
    ['behind an interceptor', [Passing]],
  ] as const;

  it.each(behind)('keeps its turn until its handler is done (%s)', async (_where, interceptors) => {
    const client = await connect(await start({ interceptors: [...interceptors] }));
    for (let id = 0; id < 20; id += 1) {
      client.send(`c ${id}\nslow`);
      client.ping();
      await client.nextPong();
      client.send(`x ${id}\n`);
    }
    for (let id = 0; id < 20; id += 1) expect(await client.text()).toBe(`d ${id}\n`);
    client.send('c last\nslow');
    expect(await client.text()).toBe('r last\nslow');
    expect(mostRunning).toBe(1);
  });

  it.each(behind)('is done at once where its stream waits (%s)', async (_where, interceptors) => {
    const app = await start({ interceptors: [...interceptors], options: { concurrency: 4 } });
    const client = await connect(app);
    for (const name of ['readable', 'web', 'stuck']) {
      client.send(`c ${name}\n${name}`);
      expect(await client.text()).toBe(`i ${name}\nfirst`);
      client.send(`x ${name}\n`);
      expect(await client.text()).toBe(`d ${name}\n`);
    }
    await eventually(() => expect(sources[0]?.destroyed).toBe(true), 'the end of the Readable');
    await eventually(() => expect(cancelled).toBe(1), 'the end of the web stream');
    release?.();
    client.send('c last\nvalue');
    expect(await client.text()).toBe('r last\nvalue');
  });

  it('is done at once where its handler does not listen, and gives its id back', async () => {
    const client = await connect(await start({ options: { concurrency: 2 } }));
    client.send('c 1\nstubborn');
    await untilAsked('stubborn');
    client.send('x 1\n');
    expect(await client.text()).toBe('d 1\n');
    client.send('c 1\nvalue');
    expect(await client.text()).toBe('r 1\nvalue');
    release?.();
  });

  it.each(behind)('lets go of a stream that comes too late (%s)', async (_where, interceptors) => {
    const client = await connect(await start({ interceptors: [...interceptors] }));
    client.send('c 1\nlate');
    await untilAsked('late');
    client.send('x 1\n');
    expect(await client.text()).toBe('d 1\n');
    release?.();
    await eventually(() => expect(sources[0]?.destroyed).toBe(true), 'the end of the Readable');
    client.send('c 2\nlateItems');
    await untilAsked('lateItems');
    client.send('x 2\n');
    expect(await client.text()).toBe('d 2\n');
    release?.();
    client.send('c 3\nvalue');
    expect(await client.text()).toMatch('r 3\nvalue');
  });

  it('does not run its handler behind a pipe, nor further guards', async () => {
    const piped = await connect(await start({ pipes: [Waiting] }));
    piped.send('c 1\nvalue');
    await untilAsked('pipe');
    piped.send('x 1\n');
    expect(await piped.text()).toBe('d 1\n');
    release?.();
    const guarded = await connect(
      await start({ guards: [Waiting, Counting], options: { guards: 'message' } }),
    );
    guarded.send('c 1\nvalue');
    await untilAsked('guard');
    guarded.send('x 1\n');
    expect(await guarded.text()).toBe('d 1\n');
    release?.();
    guarded.ping();
    await guarded.nextPong();
    expect(asked).toEqual(['pipe', 'guard']);
  });

  it('can be stopped while its connection waits for it to close', async () => {
    const app = await start();
    const client = await connect(app);
    client.send('c 1\npatient');
    await untilAsked('patient');
    const closing = app.app.close();
    await sleep(20);
    client.send('x 1\n');
    expect(await client.text()).toBe('d 1\n');
    expect(await client.closed).toMatchObject({ code: 1001 });
    await closing;
  });
});

describe.each(platforms)('A Readable ($name)', (platform) => {
  beforeEach(() => {
    sources = [];
  });
  afterEach(closeAllApps);

  it.each([[[]], [[Passing]]])('is destroyed with its connection', async (interceptors) => {
    const app = await startApp(platform, { controllers: [controllerOf({ interceptors })] });
    const client = await app.connect('/ask');
    client.send('readable');
    expect(await client.text()).toBe('first');
    client.terminate();
    await eventually(() => expect(sources[0]?.destroyed).toBe(true), 'the end of the Readable');
  });
});

describe.each(platforms)('The signal of a call ($name)', (platform) => {
  beforeEach(() => bus.removeAllListeners());
  afterEach(closeAllApps);

  it('is aborted at the end of the connection, also when the call is over', async () => {
    const app = await startApp(platform, { controllers: [controllerOf({})] });
    const client = await app.connect('/ask', { protocols: ['revali.v1'] });
    for (let id = 0; id < 200; id += 1) {
      client.send(`c ${id}\nlistening`);
      expect(await client.text()).toBe(`r ${id}\nlistening`);
    }
    expect(bus.listenerCount('news')).toBe(200);
    await client.close();
    await eventually(() => expect(bus.listenerCount('news')).toBe(0), 'the listeners to go');
  });
});

describe.each(platforms)('A stream behind an interceptor ($name)', (platform) => {
  afterEach(closeAllApps);

  it('stays a stream where the interceptor alone gives an item', async () => {
    const app = await startApp(platform, {
      controllers: [controllerOf({ interceptors: [Announcing] })],
    });
    const client = await app.connect('/ask', { protocols: ['revali.v1'] });
    client.send('c 1\nempty');
    expect(await client.text()).toBe('i 1\nsoon');
    expect(await client.text()).toBe('d 1\n');
  });
});
