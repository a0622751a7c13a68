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
import { createReadStream } from 'node:fs';
import { PassThrough } from 'node:stream';
import { EMPTY, of, startWith, type Observable } from 'rxjs';

import { startApp } from '../../support/apps/app-factory.js';
import { Passing } from '../../support/apps/passing.interceptor.js';
import { platforms } from '../../support/apps/platforms.js';
import { closeAllApps, type RunningApp } from '../../support/apps/running-app.js';
import type { TestClient } from '../../support/clients/test-client.js';
import { eventually, sleep } from '../../support/deadline.js';

const bus = new EventEmitter({ captureRejections: false }).setMaxListeners(0);

/** How many run at once. What still ends of another test counts there. */
class Turns {
  most = 0;
  private running = 0;

  begin(): () => void {
    this.running += 1;
    this.most = Math.max(this.most, this.running);
    return () => {
      this.running -= 1;
    };
  }
}

let turns = new Turns();
let asked: string[] = [];
let sources: PassThrough[] = [];
let cancelled = 0;
let lazyRuns = 0;
let finished: ReadableStream | undefined;
let destroyed = 0;
let keptSignals: AbortSignal[] = [];
let release: (() => void) | undefined;

/** Begins when it is awaited, as queries of some libraries do. */
class LazyQuery implements PromiseLike<string> {
  // oxlint-disable-next-line no-thenable -- that is what it is
  then<T, F>(
    onDone?: ((value: string) => T | PromiseLike<T>) | null,
    onFailed?: ((reason: unknown) => F | PromiseLike<F>) | null,
  ): Promise<T | F> {
    lazyRuns += 1;
    return Promise.resolve('lazy').then<T, F>(onDone, onFailed);
  }
}

/** As many as it likes may read it, and one of them must not end it. */
const sharedBus = {
  on: () => undefined,
  async *[Symbol.asyncIterator]() {
    for (;;) {
      yield 'news';
      await sleep(1);
    }
  },
  async destroy(): Promise<void> {
    destroyed += 1;
    throw new Error('not yours');
  },
};

function sourceWithOneItem(): PassThrough {
  const source = new PassThrough({ objectMode: true });
  sources.push(source);
  source.write('first');
  return source;
}

const answers: Record<string, (signal: AbortSignal) => unknown> = {
  async slow(signal) {
    const end = turns.begin();
    await new Promise((resolve) => signal.addEventListener('abort', resolve));
    await sleep(20);
    end();
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
  missing: () =>
    new Promise((resolve) => {
      release = () => resolve(createReadStream('/no/such/file'));
    }),
  composed: () =>
    new Promise((resolve) => {
      release = () => resolve(new PassThrough().compose(new PassThrough()));
    }),
  async *lasting(signal) {
    const end = turns.begin();
    try {
      yield 'first';
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
    } finally {
      await sleep(20);
      end();
    }
  },
  webLate: () =>
    new Promise((resolve) => {
      release = () =>
        resolve(
          new ReadableStream({
            cancel: () => {
              cancelled += 1;
            },
          }),
        );
    }),
  waitingComposed: () =>
    sourceWithOneItem().compose(async function* (items: AsyncIterable<string>) {
      for await (const item of items) yield item;
    }),
  async lateCleanUp(signal) {
    await new Promise((resolve) => signal.addEventListener('abort', resolve));
    return {
      [Symbol.asyncIterator]: () => ({
        next: () => Promise.resolve({ done: false, value: 'never' }),
        return: async () => {
          const end = turns.begin();
          await sleep(20);
          end();
          return { done: true, value: undefined };
        },
      }),
    };
  },
  twice: () => {
    finished ??= new ReadableStream({ start: (controller) => controller.close() });
    return finished;
  },
  bus: () => sharedBus,
  lazy: () => new LazyQuery(),
  kept(signal) {
    keptSignals.push(signal);
    return 'kept';
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
    turns = new Turns();
    [cancelled, lazyRuns, destroyed] = [0, 0, 0];
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

  const untilCalls = (count: number): Promise<void> =>
    eventually(() => expect(asked).toHaveLength(count), `${count} calls`);

  const behind = [
    ['alone', []],
    ['behind an interceptor', [Passing]],
  ] as const;

  it.each(behind)('keeps its turn until its handler is done (%s)', async (_where, interceptors) => {
    const client = await connect(await start({ interceptors: [...interceptors] }));
    for (let id = 0; id < 20; id += 1) {
      client.send(`c ${id}\nslow`);
      await untilCalls(id + 1);
      client.send(`x ${id}\n`);
    }
    for (let id = 0; id < 20; id += 1) expect(await client.text()).toBe(`d ${id}\n`);
    client.send('c last\nvalue');
    expect(await client.text()).toBe('r last\nvalue');
    expect(turns.most).toBe(1);
  });

  it.each(behind)('keeps its turn until its generator is done (%s)', async (_where, uses) => {
    const client = await connect(await start({ interceptors: [...uses] }));
    for (let id = 0; id < 10; id += 1) {
      client.send(`c ${id}\nlasting`);
      expect(await client.text()).toBe(`i ${id}\nfirst`);
      client.send(`x ${id}\n`);
      expect(await client.text()).toBe(`d ${id}\n`);
    }
    expect(turns.most).toBe(1);
  });

  it.each(behind)(
    'keeps its turn until a late stream has cleaned up (%s)',
    async (_where, uses) => {
      const client = await connect(await start({ interceptors: [...uses] }));
      for (let id = 0; id < 10; id += 1) {
        client.send(`c ${id}\nlateCleanUp`);
        await untilCalls(id + 1);
        client.send(`x ${id}\n`);
        expect(await client.text()).toBe(`d ${id}\n`);
      }
      client.send('c last\nvalue');
      expect(await client.text()).toBe('r last\nvalue');
      expect(turns.most).toBe(1);
    },
  );

  it.each(behind)('gives its turn back where its stream waits (%s)', async (_where, uses) => {
    const client = await connect(await start({ interceptors: [...uses] }));
    for (const name of ['readable', 'web', 'waitingComposed']) {
      client.send(`c 1\n${name}`);
      expect(await client.text()).toBe('i 1\nfirst');
      client.send('x 1\n');
      expect(await client.text()).toBe('d 1\n');
      client.send('c 2\nvalue');
      expect(await client.text()).toBe('r 2\nvalue');
    }
  });

  it('may be given a finished web stream again', async () => {
    const client = await connect(await start());
    for (const id of [1, 2]) {
      client.send(`c ${id}\ntwice`);
      expect(await client.text()).toBe(`d ${id}\n`);
    }
  });

  it.each(behind)(
    'survives a stream that fails when nobody reads it (%s)',
    async (_where, uses) => {
      const app = await start({ interceptors: [...uses] });
      const client = await connect(app);
      for (const name of ['missing', 'composed']) {
        client.send(`c 1\n${name}`);
        await untilAsked(name);
        client.send('x 1\n');
        expect(await client.text()).toBe('d 1\n');
        release?.();
        const leaver = await app.connect('/ask');
        asked = [];
        leaver.send(name);
        await untilAsked(name);
        leaver.terminate();
        await eventually(() => expect(leaver.isOpen).toBe(false), 'the end of the connection');
        await sleep(5);
        release?.();
        await sleep(5);
      }
      client.send('c last\nvalue');
      expect(await client.text()).toBe('r last\nvalue');
    },
  );

  it.each(behind)('ends no object that others use as well (%s)', async (_where, uses) => {
    const app = await start({ interceptors: [...uses] });
    const [ann, bob] = [await connect(app), await app.connect('/ask')];
    ann.send('c 1\nbus');
    bob.send('bus');
    expect(await ann.text()).toBe('i 1\nnews');
    expect(await bob.text()).toBe('news');
    ann.send('x 1\n');
    let answer = await ann.text();
    while (answer.startsWith('i')) answer = await ann.text();
    expect(answer).toBe('d 1\n');
    expect(await bob.text()).toBe('news');
    expect(destroyed).toBe(0);
  });

  it.each(behind)('is done at once where its stream waits (%s)', async (_where, interceptors) => {
    const app = await start({ interceptors: [...interceptors], options: { concurrency: 4 } });
    const client = await connect(app);
    for (const name of ['readable', 'web', 'waitingComposed', 'stuck']) {
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
    client.send('c 4\nwebLate');
    await untilAsked('webLate');
    client.send('x 4\n');
    expect(await client.text()).toBe('d 4\n');
    release?.();
    await eventually(() => expect(cancelled).toBe(1), 'the end of the web stream');
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

  it('is aborted then for those who look at it, or listen later', async () => {
    const app = await startApp(platform, { controllers: [controllerOf({})] });
    const client = await app.connect('/ask', { protocols: ['revali.v1'] });
    keptSignals = [];
    for (let id = 0; id < 200; id += 1) {
      client.send(`c ${id}\nkept`);
      expect(await client.text()).toBe(`r ${id}\nkept`);
    }
    let heard = 0;
    keptSignals[0]?.addEventListener('abort', () => {
      heard += 1;
    });
    await client.close();
    await eventually(
      () => expect(keptSignals.filter(({ aborted }) => aborted)).toHaveLength(200),
      'the signals',
    );
    expect(heard).toBe(1);
  });
});

describe.each(platforms)("A promise of one's own making ($name)", (platform) => {
  beforeEach(() => {
    lazyRuns = 0;
  });
  afterEach(closeAllApps);

  it.each([[[]], [[Passing]]])('is awaited once', async (interceptors) => {
    const app = await startApp(platform, { controllers: [controllerOf({ interceptors })] });
    const client = await app.connect('/ask', { protocols: ['revali.v1'] });
    client.send('c 1\nlazy');
    expect(await client.text()).toBe('r 1\nlazy');
    expect(lazyRuns).toBe(1);
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
