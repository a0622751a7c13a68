import { jest } from '@jest/globals';
import { Body, Controller } from '@nestjs/common';
import { CleanUp, RevaliWsMetrics, WebSocket } from 'nestjs-revali-ws';
import { NEVER, type Observable } from 'rxjs';

import { answerPings } from '../../support/raw/answer-pings.js';
import { startApp } from '../../support/apps/app-factory.js';
import { eventually, within } from '../../support/deadline.js';
import { OwnTime } from '../../support/own-time.js';
import { text } from '../../support/raw/frames.js';
import { gate } from '../../support/gate.js';
import { ObserverLog } from '../../support/records/observer-log.js';
import { transports } from '../../support/apps/transports.js';
import { closeAllApps, type RunningApp } from '../../support/apps/running-app.js';

const openIn = (app: RunningApp): number =>
  app.app.get(RevaliWsMetrics).snapshot().connections.open;

/** The event loop stands still. */
function stall(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

describe.each(transports)('a peer that is gone without a word, on $label', (platform) => {
  afterEach(closeAllApps);

  const INTERVAL = 200;
  const TIMEOUT = 100;

  it.each(['idle', 'handler', 'send-only'])(
    'is let go within interval and timeout (%s)',
    async (path) => {
      const { open: cleanedUp, opened: cleanUp } = gate();
      const { open: aborted, opened: abort } = gate();
      const watch = (signal: AbortSignal, cleanUps: CleanUp): void => {
        signal.addEventListener('abort', aborted);
        cleanUps.add(cleanedUp);
      };
      const ping = { interval: INTERVAL, timeout: TIMEOUT };
      @Controller()
      class Watched {
        @WebSocket('idle', { ping, triggerOnConnect: true })
        idle(signal: AbortSignal, cleanUps: CleanUp): void {
          watch(signal, cleanUps);
        }
        @WebSocket('handler', { ping })
        handle(signal: AbortSignal, cleanUps: CleanUp): Promise<void> {
          watch(signal, cleanUps);
          return new Promise((resolve) => signal.addEventListener('abort', () => resolve()));
        }
        @WebSocket('send-only', { ping, mode: 'sendOnly' })
        sendOnly(signal: AbortSignal, cleanUps: CleanUp): Observable<never> {
          watch(signal, cleanUps);
          return NEVER;
        }
      }
      const log = new ObserverLog();
      const app = await startApp(platform, {
        controllers: [Watched],
        forRoot: { observers: [log] },
      });
      const client = await app.raw();
      client.upgrade(`/${path}`);
      await client.response();
      if (path === 'handler') client.frame(text('go'));
      // From now on it acknowledges at most what its kernel does by itself.
      client.pause();
      const cut = performance.now();
      const own = new OwnTime();
      const outcome = await log.outcome();
      const took = performance.now() - cut;
      const ownMs = own.end();
      expect(outcome).toMatchObject({
        kind: 'closed',
        code: 1001,
        reason: 'Heartbeat lost',
        initiator: 'server',
      });
      expect(took).toBeGreaterThan(TIMEOUT - INTERVAL / 16);
      // One sixteenth of the interval is the precision; the rest is for a busy machine.
      expect(ownMs).toBeLessThan(INTERVAL + TIMEOUT + INTERVAL / 8 + 2_000);
      await within(abort, 'the signal');
      await within(cleanUp, 'the clean-up');
      await eventually(() => expect(openIn(app)).toBe(0), 'the connection to be gone');
    },
  );

  it('does not take its neighbours along', async () => {
    @Controller()
    class Echo {
      @WebSocket('echo', { ping: 50 })
      echo(@Body() message: string): string {
        return message;
      }
    }
    const log = new ObserverLog();
    const app = await startApp(platform, { controllers: [Echo], forRoot: { observers: [log] } });
    const alive = await Promise.all(Array.from({ length: 10 }, () => app.connect('echo')));
    const gone = await Promise.all(
      Array.from({ length: 10 }, () => app.connect('echo', { autoPong: false })),
    );
    for (const client of gone) expect(await client.closed).toMatchObject({ code: 1001 });
    for (const client of alive) {
      await client.nextPing();
      client.send('still here');
      expect(await client.text()).toBe('still here');
    }
    expect(log.outcomes).toHaveLength(10);
  });
});

describe.each(transports)('an event loop that stalls, on $label', (platform) => {
  afterEach(closeAllApps);

  @Controller()
  class Stalling {
    @WebSocket('patient', { ping: 200 })
    @WebSocket('strict', { ping: { interval: 200, timeout: 100 } })
    stall(@Body() ms: number): string {
      stall(ms);
      return 'awake';
    }
  }

  it('for several times the timeout drops no client', async () => {
    const log = new ObserverLog();
    const app = await startApp(platform, {
      controllers: [Stalling],
      forRoot: { observers: [log] },
    });
    const connectAll = (path: string) =>
      Promise.all(Array.from({ length: 50 }, () => app.connect(path)));
    const [patient, strict] = [await connectAll('patient'), await connectAll('strict')];
    // A stall right after each ping, and many short ones in a row.
    for (const [client] of [strict, patient])
      for (const ms of [800, 400, 60, 60, 60]) {
        await client?.nextPing();
        client?.send(String(ms));
        await client?.text();
      }
    const clients = [...patient, ...strict];
    for (const one of clients) await one.nextPing();
    expect(log.outcomes).toEqual([]);
    expect(clients.every(({ isOpen }) => isOpen)).toBe(true);
  });

  it('still finds out who is gone, when it runs again', async () => {
    const app = await startApp(platform, { controllers: [Stalling] });
    const client = await app.connect('patient', { autoPong: false });
    await client.nextPing();
    stall(500);
    expect(await client.closed).toMatchObject({ code: 1001 });
  });
});

describe.each(transports)('the pings of many connections, on $label', (platform) => {
  afterEach(() => {
    jest.useRealTimers();
    return closeAllApps();
  });

  const INTERVAL = 60_000;
  const CLIENTS = 160;
  const QUARTER = CLIENTS / 4;

  it('are spread over the interval', async () => {
    // The heartbeat's clock alone: a test that has to hold on a busy machine cannot watch a real one.
    jest.useFakeTimers({
      doNotFake: [
        'Date',
        'hrtime',
        'nextTick',
        'performance',
        'queueMicrotask',
        'setImmediate',
        'clearImmediate',
        'setTimeout',
        'clearTimeout',
      ],
    });
    @Controller()
    class Idle {
      @WebSocket('idle', { ping: INTERVAL })
      idle(): void {}
    }
    const app = await startApp(platform, { controllers: [Idle] });
    const pings: number[] = [];
    for (let client = 0; client < CLIENTS; client += 1) {
      const peer = await app.raw();
      peer.upgrade('/idle');
      await peer.response();
      pings.push(0);
      answerPings(peer, () => (pings[client] = (pings[client] ?? 0) + 1));
    }
    const total = (): number => pings.reduce((sum, count) => sum + count, 0);
    for (let quarter = 1; quarter <= 4; quarter += 1) {
      jest.advanceTimersByTime(INTERVAL / 4);
      await eventually(
        () => expect(total()).toBe(quarter * QUARTER),
        `the pings of quarter ${quarter}`,
      );
    }
    expect(pings.every((count) => count === 1)).toBe(true);
  });
});
