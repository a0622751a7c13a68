import {
  BadRequestException,
  Body,
  Controller,
  Injectable,
  UseGuards,
  UseInterceptors,
  type CallHandler,
  type CanActivate,
  type ExecutionContext,
  type NestInterceptor,
  type Type,
} from '@nestjs/common';
import { WebSocket, WebSocketConnection, type WebSocketRouteOptions } from 'nestjs-revali-ws';
import { Readable } from 'node:stream';
import { concat, EMPTY, from, map, Observable, of, startWith, throwError, toArray } from 'rxjs';

import { startApp } from '../../support/apps/app-factory.js';
import { Passing } from '../../support/apps/passing.interceptor.js';
import { platforms } from '../../support/apps/platforms.js';
import { closeAllApps, type RunningApp } from '../../support/apps/running-app.js';
import { eventually } from '../../support/deadline.js';

const protocols = ['revali.v1'];

let events: string[] = [];
let openGate: () => void = () => undefined;

async function* endless(name: string): AsyncGenerator<string> {
  try {
    for (let count = 0; ; count += 1) {
      yield `${name} ${count}`;
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  } finally {
    events.push(`${name} is over`);
  }
}

async function* waiting(name: string, signal: AbortSignal): AsyncGenerator<string> {
  try {
    yield `${name} waits`;
    await new Promise((resolve) => signal.addEventListener('abort', resolve));
    yield 'too late';
  } finally {
    events.push(`${name} is over`);
  }
}

const streams: Record<string, (signal: AbortSignal) => unknown> = {
  value: () => 'value',
  none: () => undefined,
  async *generator() {
    yield 1;
    yield undefined;
    yield 2;
  },
  *sync() {
    yield 'a';
    yield 'b';
  },
  async *bytes() {
    const buffer = Buffer.alloc(1);
    for (const byte of [1, 2]) {
      buffer[0] = byte;
      yield buffer;
    }
  },
  observable: () => of(1, 2),
  promised: () => Promise.resolve(of(1, 2)),
  readable: () => Readable.from(['x', 'y']),
  one: () => of('only'),
  empty: () => EMPTY,
  async *failing() {
    yield 1;
    throw new BadRequestException('No more');
  },
  pushedFailing: () =>
    concat(
      of(1),
      throwError(() => new Error('a secret')),
    ),
  endless: () => endless('stream'),
  waiting: (signal) => waiting('stream', signal),
  observed: () =>
    new Observable((subscriber) => {
      subscriber.next('subscribed');
      return () => events.push('unsubscribed');
    }),
  async patient(signal) {
    events.push('patient waits');
    await new Promise((resolve) => signal.addEventListener('abort', resolve));
    events.push('patient aborted');
    return 'too late';
  },
  async failingLate(signal) {
    events.push('waits to fail');
    await new Promise((resolve) => signal.addEventListener('abort', resolve));
    throw new Error('aborted');
  },
};

class Starring implements NestInterceptor {
  intercept(_context: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle().pipe(map((value: unknown) => ({ starred: value })));
  }
}

class Collecting implements NestInterceptor {
  intercept(_context: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle().pipe(toArray());
  }
}

class Announcing implements NestInterceptor {
  intercept(_context: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle().pipe(startWith('soon'));
  }
}

class Replacing implements NestInterceptor {
  intercept(): Observable<unknown> {
    return from(['cached']);
  }
}

@Injectable()
class Gate implements CanActivate {
  private isFirst = true;

  async canActivate(): Promise<boolean> {
    if (this.isFirst) {
      this.isFirst = false;
      return true;
    }
    events.push('guard waits');
    await new Promise<void>((resolve) => (openGate = resolve));
    return true;
  }
}

function controllerOf(
  options: WebSocketRouteOptions,
  interceptors: Type<NestInterceptor>[],
  guards: Type<CanActivate>[] = [],
): Type<unknown> {
  @Controller()
  @UseInterceptors(...interceptors)
  @UseGuards(...guards)
  class StreamController {
    @WebSocket('ask', options)
    ask(@Body() name: string, signal: AbortSignal, connection: WebSocketConnection): unknown {
      connection.signal.addEventListener('abort', () => events.push('connection aborted'));
      events.push(`asked for ${name}`);
      return streams[name]?.(signal);
    }
  }
  return StreamController;
}

describe.each(platforms)('A call ($name)', (platform) => {
  beforeEach(() => {
    events = [];
  });
  afterEach(closeAllApps);

  const start = (
    options: WebSocketRouteOptions = {},
    interceptors: Type<NestInterceptor>[] = [],
    guards: Type<CanActivate>[] = [],
  ): Promise<RunningApp> =>
    startApp(platform, { controllers: [controllerOf(options, interceptors, guards)] });

  const answersTo = async (name: string, ...interceptors: Type<NestInterceptor>[]) => {
    const app = await start({}, interceptors);
    const client = await app.connect('/ask', { protocols });
    client.send(`c s\n${name}`);
    client.send('c last\nnone');
    const answers: string[] = [];
    for (;;) {
      const { data } = await client.next();
      const answer = data.toString('latin1');
      if (/^[ird] last\n/.test(answer)) return answers;
      answers.push(answer);
    }
  };

  describe('whose handler returns a stream', () => {
    it.each([
      ['an async generator', 'generator', ['i s\n1', 'i s\n2', 'd s\n']],
      ['a generator', 'sync', ['i s\na', 'i s\nb', 'd s\n']],
      ['bytes that are used again', 'bytes', ['\u0003i s\u0001', '\u0003i s\u0002', 'd s\n']],
      ['an Observable', 'observable', ['i s\n1', 'i s\n2', 'd s\n']],
      ['the promise of one', 'promised', ['i s\n1', 'i s\n2', 'd s\n']],
      ['a Readable', 'readable', ['i s\nx', 'i s\ny', 'd s\n']],
      ['a stream of one item', 'one', ['i s\nonly', 'd s\n']],
      ['an empty one', 'empty', ['d s\n']],
    ])('gets its items and their end: %s', async (_what, name, expected) => {
      expect(await answersTo(name)).toEqual(expected);
      expect(await answersTo(name, Passing)).toEqual(expected);
      expect(await answersTo(name, Passing, Passing)).toEqual(expected);
    });

    it('gets the items until it fails, and why', async () => {
      const [item, failure, ...rest] = await answersTo('failing');
      expect(item).toBe('i s\n1');
      expect(failure).toMatch(/^e s\n\{.*"No more"/);
      expect(rest).toEqual([]);
      expect(await answersTo('pushedFailing', Passing)).toEqual([
        'i s\n1',
        'e s\n{"statusCode":500,"message":"Internal server error"}',
      ]);
    });
  });

  describe('behind interceptors', () => {
    it.each<[string, string, Type<NestInterceptor>, string[]]>([
      ['a value stays a result', 'value', Passing, ['r s\nvalue']],
      ['nothing stays nothing', 'none', Passing, ['d s\n']],
      ['a mapped value is the result', 'value', Starring, ['r s\n{"starred":"value"}']],
      [
        'several items of a value are items',
        'value',
        Announcing,
        ['i s\nsoon', 'i s\nvalue', 'd s\n'],
      ],
      ['items that are collected are one item', 'sync', Collecting, ['i s\n["a","b"]', 'd s\n']],
      ['what comes in place of the handler is a result', 'value', Replacing, ['r s\ncached']],
    ])('keeps its form: %s', async (_what, name, interceptor, expected) => {
      expect(await answersTo(name, interceptor)).toEqual(expected);
    });
  });

  describe('that its client stops', () => {
    it.each(['endless', 'waiting'])('ends its generator: %s', async (name) => {
      const app = await start();
      const client = await app.connect('/ask', { protocols });
      client.send(`c 1\n${name}`);
      expect(await client.text()).toMatch(/^i 1\n/);
      client.send('x 1\n');
      let answer = await client.text();
      while (answer.startsWith('i')) answer = await client.text();
      expect(answer).toBe('d 1\n');
      await eventually(
        () => expect(events).toEqual([`asked for ${name}`, 'stream is over']),
        'the end of the generator',
      );
      client.send('c 1\nvalue');
      expect(await client.text()).toBe('r 1\nvalue');
    });

    it('unsubscribes from its Observable, behind interceptors as well', async () => {
      for (const interceptors of [[], [Passing]]) {
        events = [];
        const app = await start({}, interceptors);
        const client = await app.connect('/ask', { protocols });
        client.send('c 1\nobserved');
        expect(await client.text()).toBe('i 1\nsubscribed');
        client.send('x 1\n');
        expect(await client.text()).toBe('d 1\n');
        await eventually(
          () => expect(events).toEqual(['asked for observed', 'unsubscribed']),
          'the end of the Observable',
        );
      }
    });

    it('aborts its signal, not that of the connection, and drops what still comes', async () => {
      const app = await start();
      const client = await app.connect('/ask', { protocols });
      client.send('c 1\npatient');
      await eventually(() => expect(events).toContain('patient waits'), 'the handler');
      client.send('x 1\n');
      expect(await client.text()).toBe('d 1\n');
      await eventually(
        () => expect(events).toEqual(['asked for patient', 'patient waits', 'patient aborted']),
        'the handler',
      );
    });

    it('logs no fault where it fails because of that', async () => {
      const app = await start();
      const client = await app.connect('/ask', { protocols });
      client.send('c 1\nfailingLate');
      await eventually(() => expect(events).toContain('waits to fail'), 'the handler');
      client.send('x 1\n');
      expect(await client.text()).toBe('d 1\n');
      expect(app.logs.entries.filter(({ level }) => level === 'error')).toEqual([]);
    });

    it('is never run where it still waits for its turn', async () => {
      const app = await start();
      const client = await app.connect('/ask', { protocols });
      client.send('c 1\nwaiting');
      expect(await client.text()).toBe('i 1\nstream waits');
      client.send('c 2\nvalue');
      client.send('x 2\n');
      client.send('x 1\n');
      expect(await client.text()).toBe('d 1\n');
      expect(await client.text()).toBe('d 2\n');
      expect(events).toEqual(['asked for waiting', 'stream is over']);
    });

    it('is not run where its guard let it in too late', async () => {
      const app = await start({ guards: 'message' }, [], [Gate]);
      const client = await app.connect('/ask', { protocols });
      client.send('c 1\nvalue');
      await eventually(() => expect(events).toContain('guard waits'), 'the guard');
      client.send('x 1\n');
      client.ping();
      await client.nextPong();
      openGate();
      expect(await client.text()).toBe('d 1\n');
      expect(events).toEqual(['guard waits']);
    });

    it('may be one that is unknown, or over', async () => {
      const app = await start();
      const client = await app.connect('/ask', { protocols });
      client.send('x 1\n');
      client.send('c 1\nvalue');
      expect(await client.text()).toBe('r 1\nvalue');
      client.send('x 1\n');
      client.send('x 1\nwith a payload');
      client.send('c 1\nvalue');
      expect(await client.text()).toBe('r 1\nvalue');
    });
  });

  describe('that is open at the end', () => {
    it('leaves nothing, and aborts its signal', async () => {
      const app = await start({ concurrency: 3 });
      const client = await app.connect('/ask', { protocols });
      client.send('c 1\nwaiting');
      client.send('c 2\npatient');
      client.send('c 3\nobserved');
      await eventually(() => expect(events).toContain('asked for observed'), 'all three');
      client.terminate();
      await eventually(
        () =>
          expect(events.filter((event) => !event.startsWith('asked'))).toEqual(
            expect.arrayContaining(['stream is over', 'patient aborted', 'unsubscribed']),
          ),
        'their ends',
      );
    });

    it('gets no false end from a server that shuts down', async () => {
      const app = await start({ concurrency: 2 });
      const client = await app.connect('/ask', { protocols });
      client.send('c 1\nwaiting');
      expect(await client.text()).toBe('i 1\nstream waits');
      client.send('c 2\nobserved');
      expect(await client.text()).toBe('i 2\nsubscribed');
      const closing = app.close();
      expect(await client.closed).toMatchObject({ code: 1001 });
      await closing;
      expect(client.received).toBe(2);
    });
  });

  it('runs beside others as far as the route allows, and is answered when it is done', async () => {
    const app = await start({ concurrency: 2 });
    const client = await app.connect('/ask', { protocols });
    client.send('c slow\npatient');
    client.send('c fast\nvalue');
    expect(await client.text()).toBe('r fast\nvalue');
    client.send('x slow\n');
    expect(await client.text()).toBe('d slow\n');
  });
});
