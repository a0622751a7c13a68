import { Readable } from 'node:stream';

import { Body, Controller, UseInterceptors, type NestInterceptor } from '@nestjs/common';
import { WebSocket, WebSocketConnection } from 'nestjs-revali-ws';
import { Observable, interval, map } from 'rxjs';

import { startApp } from '../../support/apps/app-factory.js';
import { eventually } from '../../support/deadline.js';
import { activeTimers } from '../../support/faults/leaks.js';
import { transports } from '../../support/apps/transports.js';
import { closeAllApps } from '../../support/apps/running-app.js';
import { settledTimers } from '../../support/faults/settled-timers.js';

const CHUNK = 256 * 1024;
/** A stream goes on for a tenth of it after the client's close frame. */
const SOON = { closeTimeout: 1_000 };
const passThrough: NestInterceptor = {
  intercept: (_context, next) => next.handle().pipe(map((item: unknown) => item)),
};

describe.each(transports)('streams on $label', (platform) => {
  afterEach(closeAllApps);

  describe('are pulled no faster than the client reads', () => {
    let produced = 0;
    const chunk = (): Buffer => Buffer.alloc(CHUNK, (produced += 1));
    @Controller()
    class Feed {
      @WebSocket('generator')
      *generator(): Generator<Buffer> {
        while (produced < 400) yield chunk();
      }
      @WebSocket('async-generator')
      @WebSocket('drop', { backpressure: { policy: 'drop' } })
      @WebSocket('close', { backpressure: { policy: 'close' } })
      async *asyncGenerator(): AsyncGenerator<Buffer> {
        while (produced < 400) yield chunk();
      }
      @UseInterceptors(passThrough)
      @WebSocket('intercepted')
      async *intercepted(): AsyncGenerator<Buffer> {
        while (produced < 400) yield chunk();
      }
      @WebSocket('readable')
      readable(): Readable {
        return Readable.from(this.asyncGenerator());
      }
    }

    it.each(['generator', 'async-generator', 'intercepted', 'readable', 'drop', 'close'])(
      '%s',
      async (path) => {
        produced = 0;
        const app = await startApp(platform, { controllers: [Feed] });
        const client = await app.connect(path);
        client.pause();
        client.send('go');
        await eventually(() => expect(produced).toBeGreaterThan(3), 'the first items');
        await client.expectNothing(100);
        const whilePaused = produced;
        // The mark of 1 MiB, what the kernel holds, and a few items under way.
        expect(whilePaused * CHUNK).toBeLessThan(24 * 1024 * 1024);
        await client.expectNothing(100);
        expect(produced).toBe(whilePaused);
        client.resume();
        for (let item = 1; item <= 400; item += 1) {
          expect((await client.binary())[0]).toBe(item % 256);
        }
      },
    );
  });

  it.each(['drop', 'close'] as const)(
    "wait for room that others took, also with the policy '%s'",
    async (policy) => {
      @Controller()
      class Feed {
        @WebSocket('feed', { backpressure: { policy } })
        *feed(connection: WebSocketConnection): Generator<string> {
          void connection.send(Buffer.alloc(16 * 1024 * 1024));
          yield 'one';
          yield 'two';
        }
      }
      const app = await startApp(platform, { controllers: [Feed] });
      const client = await app.connect('feed');
      client.pause();
      client.send('go');
      await client.expectNothing();
      client.resume();
      await client.binary();
      expect([await client.text(), await client.text()]).toEqual(['one', 'two']);
      expect(client.isOpen).toBe(true);
    },
  );

  describe('end when the connection ends', () => {
    const events: string[] = [];
    beforeEach(() => {
      events.length = 0;
    });
    const endless = async function* (): AsyncGenerator<string> {
      try {
        for (;;) {
          await new Promise(setImmediate);
          yield 'item';
        }
      } finally {
        await Promise.resolve();
        events.push('ended');
      }
    };
    @Controller()
    class Feed {
      @WebSocket('async-generator')
      asyncGenerator(): AsyncGenerator<string> {
        return endless();
      }
      @WebSocket('generator')
      *generator(): Generator<string> {
        try {
          for (;;) yield 'item';
        } finally {
          events.push('ended');
        }
      }
      @WebSocket('observable')
      observable(): Observable<string> {
        return new Observable((subscriber) => {
          const timer = setInterval(() => subscriber.next('item'), 1);
          return () => {
            clearInterval(timer);
            events.push('ended');
          };
        });
      }
      @UseInterceptors(passThrough)
      @WebSocket('intercepted')
      intercepted(): AsyncGenerator<string> {
        return endless();
      }
      @WebSocket('readable')
      readable(): Readable {
        const readable = Readable.from(endless());
        readable.on('close', () => events.push(`destroyed ${readable.destroyed}`));
        return readable;
      }
      @WebSocket('waiting')
      async *waiting(): AsyncGenerator<string> {
        yield 'item';
        yield* endless();
      }
    }

    const paths = [
      'async-generator',
      'generator',
      'observable',
      'intercepted',
      'readable',
      'waiting',
    ];
    it.each(paths.flatMap((path) => [[path, 'close'] as const, [path, 'terminate'] as const]))(
      '%s, after %s()',
      async (path, leave) => {
        const app = await startApp(platform, { controllers: [Feed], forRoot: SOON });
        const client = await app.connect(path);
        client.send('go');
        for (let item = 0; item < 3; item += 1) expect(await client.text()).toBe('item');
        if (leave === 'close') void client.close();
        else client.terminate();
        await eventually(() => expect(events).toContain('ended'), 'the end of the stream');
        if (path === 'readable')
          await eventually(() => expect(events).toContain('destroyed true'), 'its destruction');
        await client.closed;
        expect(events.filter((event) => event === 'ended')).toHaveLength(1);
        expect(app.logs.messages('error')).toEqual([]);
      },
    );

    it('also while the client does not read', async () => {
      @Controller()
      class Heavy {
        @WebSocket('heavy')
        *heavy(): Generator<Buffer> {
          try {
            for (;;) yield Buffer.alloc(CHUNK);
          } finally {
            events.push('ended');
          }
        }
      }
      const app = await startApp(platform, { controllers: [Heavy] });
      const client = await app.connect('heavy');
      client.pause();
      client.send('go');
      await client.expectNothing(100);
      client.terminate();
      await eventually(() => expect(events).toEqual(['ended']), 'the end of the stream');
    });

    it('also where the handler returns it only after the end', async () => {
      @Controller()
      class Late {
        @WebSocket('late', { triggerOnConnect: true })
        async late(signal: AbortSignal): Promise<Observable<number>> {
          await new Promise((resolve) => signal.addEventListener('abort', resolve));
          events.push('returned');
          return interval(1);
        }
      }
      const app = await startApp(platform, { controllers: [Late], forRoot: { ping: false } });
      const client = await app.connect('late');
      const timers = await settledTimers();
      await client.close();
      await eventually(() => expect(events).toEqual(['returned']), 'the return');
      await eventually(() => expect(activeTimers()).toBeLessThanOrEqual(timers), 'its end');
    });
  });

  it('a message is handled when the stream of the one before has ended', async () => {
    @Controller()
    class Feed {
      @WebSocket('feed')
      async *feed(@Body() message: string): AsyncGenerator<string> {
        for (let item = 1; item <= 3; item += 1) {
          await new Promise(setImmediate);
          yield `${message}${item}`;
        }
      }
    }
    const app = await startApp(platform, { controllers: [Feed] });
    const client = await app.connect('feed');
    client.send('a');
    client.send('b');
    for (const item of ['a1', 'a2', 'a3', 'b1', 'b2', 'b3']) expect(await client.text()).toBe(item);
  });

  it('one that never waits leaves other connections their turn', async () => {
    @Controller()
    class Feed {
      @WebSocket('greedy')
      *greedy(): Generator<undefined> {
        for (;;) yield undefined;
      }
      @WebSocket('echo')
      echo(@Body() message: string): string {
        return message;
      }
    }
    const app = await startApp(platform, { controllers: [Feed], forRoot: SOON });
    const greedy = await app.connect('greedy');
    greedy.send('go');
    const other = await app.connect('echo');
    other.send('my turn');
    expect(await other.text()).toBe('my turn');
    await greedy.close();
  });
});
