import { Body, Controller, UseInterceptors, type Type } from '@nestjs/common';
import {
  RevaliWsMetrics,
  WebSocket,
  WebSocketConnection,
  type WebSocketRouteOptions,
} from 'nestjs-revali-ws';
import { Observable } from 'rxjs';

import { startApp } from '../../support/apps/app-factory.js';
import { Passing } from '../../support/apps/passing.interceptor.js';
import { platforms } from '../../support/apps/platforms.js';
import { closeAllApps, type RunningApp } from '../../support/apps/running-app.js';
import { eventually } from '../../support/deadline.js';

const LARGE = 'x'.repeat(4 * 1024 * 1024);

let served: string[] = [];
let seen: WebSocketConnection | undefined;

function controllerOf(options: WebSocketRouteOptions): Type<unknown> {
  @Controller()
  class LimitController {
    @WebSocket('ask', options)
    ask(@Body() name: string, connection: WebSocketConnection, signal: AbortSignal): unknown {
      served.push(name);
      seen = connection;
      if (name === 'wait')
        return new Promise((resolve) => signal.addEventListener('abort', resolve));
      if (name.startsWith('large')) return LARGE;
      if (name === 'items') return this.items();
      if (name === 'pushes') {
        return new Observable((subscriber) => {
          for (let count = 0; count < 8; count += 1) subscriber.next(LARGE);
          subscriber.complete();
        });
      }
      return name;
    }

    @UseInterceptors(Passing)
    @WebSocket('piped', options)
    piped(@Body() name: string, connection: WebSocketConnection, signal: AbortSignal): unknown {
      return this.ask(name, connection, signal);
    }

    private async *items(): AsyncGenerator<string> {
      for (let count = 0; count < 20; count += 1) yield 'x'.repeat(200_000);
    }
  }
  return LimitController;
}

describe.each(platforms)('A client with many calls ($name)', (platform) => {
  beforeEach(() => {
    served = [];
    seen = undefined;
  });
  afterEach(closeAllApps);

  const start = (options: WebSocketRouteOptions = {}): Promise<RunningApp> =>
    startApp(platform, {
      controllers: [controllerOf(options)],
    });

  it.each(['wait', 'drop', 'close'] as const)(
    'that does not read is not served further, and loses no answer: %s',
    async (policy) => {
      const app = await start({
        concurrency: 2,
        backpressure: { policy, highWaterMark: 1024, timeout: '1m' },
      });
      const client = await app.connect('/ask', { protocols: ['revali.v1'] });
      client.socket.pause();
      for (const id of [1, 2, 3, 4, 5, 6]) client.send(`c ${id}\nlarge ${id}`);
      await eventually(() => expect(served.length).toBeGreaterThan(0), 'the first call');
      await eventually(() => expect(seen?.bufferedAmount).toBeGreaterThan(1024), 'a full socket');
      expect(served.length).toBeLessThanOrEqual(4);
      client.socket.resume();
      for (const id of [1, 2, 3, 4, 5, 6]) expect(await client.text()).toBe(`r ${id}\n${LARGE}`);
      expect(served).toHaveLength(6);
    },
  );

  it('gets the end of a stream whose items were dropped', async () => {
    const app = await start({ backpressure: { policy: 'drop', highWaterMark: 1024 } });
    const client = await app.connect('/ask', { protocols: ['revali.v1'] });
    client.socket.pause();
    client.send('c 1\npushes');
    await eventually(() => expect(seen?.bufferedAmount).toBeGreaterThan(1024), 'a full socket');
    client.socket.resume();
    let items = 0;
    let answer = await client.text();
    for (; answer.startsWith('i 1\n'); answer = await client.text()) items += 1;
    expect(answer).toBe('d 1\n');
    expect(items).toBeGreaterThan(0);
    expect(items).toBeLessThan(8);
  });

  it('has them wait in bounded memory, and is read no further', async () => {
    const app = await start({ maxPayload: 1024 });
    const client = await app.connect('/ask', { protocols: ['revali.v1'] });
    client.send('c first\nwait');
    for (let id = 0; id < 2_000; id += 1) client.send(`c ${id}\n${id}`);
    const queued = (): number => app.app.get(RevaliWsMetrics).snapshot().messages.queued;
    await eventually(() => expect(queued()).toBeGreaterThan(64), 'the calls to wait');
    client.ping();
    expect(queued()).toBeLessThan(200);
    expect(served).toEqual(['wait']);
  });

  it('may stop the one that all others wait for', async () => {
    const app = await start();
    const client = await app.connect('/ask', { protocols: ['revali.v1'] });
    client.send('c first\nwait');
    for (let id = 0; id < 1_000; id += 1) client.send(`c ${id}\n${id}`);
    client.send('x first\n');
    expect(await client.text()).toBe('d first\n');
    for (let id = 0; id < 1_000; id += 1) expect(await client.text()).toBe(`r ${id}\n${id}`);
  });

  it.each(['wait', 'drop', 'close'] as const)(
    'may use the id of an answer that it has seen, whatever waits behind it: %s',
    async (policy) => {
      const app = await start({ concurrency: 8, backpressure: { policy } });
      const client = await app.connect('/ask', { protocols: ['revali.v1'] });
      for (let id = 0; id < 8; id += 1) client.send(`c ${id}\nlarge`);
      for (let count = 0; count < 24; count += 1) {
        const [header = ''] = (await client.text()).split('\n');
        expect(header).toMatch(/^r [0-7]$/);
        client.send(`c ${header.slice(2)}\nlarge`);
      }
    },
  );

  it('is refused without being closed, however much it is sent', async () => {
    const app = await start({
      concurrency: 2,
      backpressure: { highWaterMark: 1024, maxWaiting: { bytes: 1024 } },
    });
    const client = await app.connect('/ask', { protocols: ['revali.v1'] });
    client.send('c 1\nwait');
    client.send('c 2\nlarge');
    client.send('c 1\nagain');
    const answers = [await client.text(), await client.text()].map((text) => text.slice(0, 4));
    expect(answers.toSorted()).toEqual(['e 1\n', 'r 2\n']);
    client.send('x 1\n');
    expect(await client.text()).toBe('d 1\n');
  });

  it.each(['drop', 'close'] as const)(
    'loses no item of a generator behind an interceptor: %s',
    async (policy) => {
      const app = await start({ concurrency: 4, backpressure: { policy, highWaterMark: 30_000 } });
      const client = await app.connect('/piped', { protocols: ['revali.v1'] });
      client.socket.pause();
      for (const id of [1, 2, 3, 4]) client.send(`c ${id}\nitems`);
      await eventually(() => expect(seen?.bufferedAmount).toBeGreaterThan(30_000), 'a full socket');
      client.socket.resume();
      const kinds: string[] = [];
      while (kinds.filter((kind) => kind === 'd').length < 4)
        kinds.push((await client.text()).slice(0, 1));
      expect(kinds.filter((kind) => kind === 'i')).toHaveLength(80);
    },
  );

  it('that uses one id for all of them, and does not read, is closed', async () => {
    const app = await start({
      backpressure: { highWaterMark: 1024, maxWaiting: { messages: 10 }, timeout: '1m' },
      concurrency: 2,
    });
    const client = await app.connect('/ask', { protocols: ['revali.v1'] });
    client.socket.pause();
    client.send('c 1\nwait');
    client.send('c 2\nlarge');
    await eventually(() => expect(seen?.bufferedAmount).toBeGreaterThan(1024), 'a full socket');
    for (let count = 0; count < 100; count += 1) client.send('c 1\nagain');
    await eventually(() => expect(seen?.isOpen).toBe(false), 'the close');
    client.socket.resume();
    expect(await client.closed).toMatchObject({ code: 1008, reason: 'Slow consumer' });
    expect(served).toEqual(['wait', 'large']);
  });
});
