import { Body, Controller } from '@nestjs/common';
import { CleanUp, RevaliWsMetrics, WebSocket, type ConnectionOutcome } from 'nestjs-revali-ws';

import { answerPings } from '../../support/raw/answer-pings.js';
import { startApp } from '../../support/apps/app-factory.js';
import { eventually, sleep, within } from '../../support/deadline.js';
import { close, text, times } from '../../support/raw/frames.js';
import { gate, type Gate } from '../../support/gate.js';
import { ObserverLog } from '../../support/records/observer-log.js';
import type { Platform } from '../../support/apps/platforms.js';
import { transports } from '../../support/apps/transports.js';
import type { RawClient } from '../../support/raw/raw-client.js';
import { closeAllApps, type RunningApp } from '../../support/apps/running-app.js';

const INTERVAL = 100;
const TIMEOUT = 100;
/** Two heartbeats, and the time that a busy machine takes. */
const BOUND = 2 * (INTERVAL + TIMEOUT) + 400;
const MAX_QUEUED = 8;
/** Several times what a silent client gets. */
const LONG = 5 * (INTERVAL + TIMEOUT);
/** For what came before a close frame. */
const CLOSE_TIMEOUT = 100;

/** What a handler that waits for a slow database sees of its client. */
class Work {
  started = 0;
  readonly handled: string[] = [];
  aborted: Gate = gate();
  cleanedUp: Gate = gate();
  done: Gate = gate();
}

async function start(platform: Platform) {
  const work = new Work();
  @Controller()
  class Busy {
    @WebSocket('busy', { ping: { interval: INTERVAL, timeout: TIMEOUT } })
    async work(@Body() message: string, signal: AbortSignal, cleanUp: CleanUp): Promise<string> {
      work.started += 1;
      if (work.started === 1) {
        cleanUp.add(work.cleanedUp.open);
        signal.addEventListener('abort', work.aborted.open);
        await Promise.race([work.done.opened, work.aborted.opened]);
      }
      work.handled.push(message);
      return message;
    }
  }
  const log = new ObserverLog();
  const app = await startApp(platform, {
    controllers: [Busy],
    forRoot: { maxQueuedMessages: MAX_QUEUED, closeTimeout: CLOSE_TIMEOUT, observers: [log] },
  });
  return { app, log, work };
}

const queuedIn = (app: RunningApp): number =>
  app.app.get(RevaliWsMetrics).snapshot().messages.queued;

interface Flood {
  readonly messages: number;
  readonly payload: string;
}

/** More messages than may wait, or also more bytes: then nothing is read any more. */
const fewBytes: Flood = { messages: 50, payload: 'work' };
const manyBytes: Flood = { messages: 4000, payload: 'x'.repeat(2000) };

async function connect(app: RunningApp, { messages, payload }: Flood): Promise<RawClient> {
  const client = await app.raw();
  client.upgrade('/busy');
  await client.response();
  answerPings(client);
  client.write(times(messages, text(payload)));
  await eventually(() => expect(queuedIn(app)).toBeGreaterThanOrEqual(MAX_QUEUED), 'a full queue');
  return client;
}

interface Way {
  readonly how: string;
  readonly leave: (client: RawClient) => void;
  readonly outcome: Partial<ConnectionOutcome>;
}

const ways: readonly Way[] = [
  {
    how: 'with a close frame',
    leave: (client) => client.frame(close(1000, 'Bye')),
    outcome: { code: 1000, reason: 'Bye', initiator: 'client' },
  },
  {
    how: 'with a FIN',
    leave: (client) => client.end(),
    outcome: { code: 1006, initiator: 'network' },
  },
  {
    how: 'with a RST',
    leave: (client) => client.resetAndDestroy(),
    outcome: { code: 1006, initiator: 'network' },
  },
  {
    how: 'in silence',
    leave: (client) => client.socket.removeAllListeners('data'),
    outcome: { code: 1001, reason: 'Heartbeat lost', initiator: 'server' },
  },
];

describe.each(transports)('a client whose handler is busy, on $label', (platform) => {
  afterEach(closeAllApps);

  it.each(ways)('that leaves $how is noticed in time', async ({ leave, outcome }) => {
    const { app, log, work } = await start(platform);
    const client = await connect(app, fewBytes);
    // It has been there for a while, and was seen to be alive.
    await sleep(2 * (INTERVAL + TIMEOUT));
    expect(log.outcomes).toEqual([]);
    leave(client);
    await within(work.aborted.opened, 'the signal', BOUND);
    await within(work.cleanedUp.opened, 'the clean-up', BOUND);
    expect(await log.outcome()).toMatchObject({ kind: 'closed', ...outcome });
    await eventually(() => expect(work.handled).toEqual(['work']), 'the handler to end');
    expect(queuedIn(app)).toBe(0);
    const metrics = app.app.get(RevaliWsMetrics);
    await eventually(() => expect(metrics.snapshot().connections.open).toBe(0), 'the end of it');
    // Nothing that waited is started for somebody who has left.
    await sleep(20);
    expect(work.started).toBe(1);
  });

  it.each([
    { how: 'by a RST', leave: (client: RawClient) => client.resetAndDestroy() },
    { how: 'as a process that ends', leave: (client: RawClient) => client.destroy() },
  ])('that leaves $how is noticed also where nothing more is read', async ({ leave }) => {
    const { app, log, work } = await start(platform);
    const client = await connect(app, manyBytes);
    await sleep(2 * INTERVAL);
    expect(client.socket.writableLength).toBeGreaterThan(0);
    leave(client);
    await within(work.aborted.opened, 'the signal', BOUND);
    expect(await log.outcome()).toMatchObject({ code: 1006, initiator: 'network' });
    await eventually(() => expect(work.handled).toHaveLength(1), 'the handler to end');
  });

  it.each([
    { what: 'few bytes', flood: fewBytes },
    { what: 'many bytes', flood: manyBytes },
  ])('for several heartbeats, is not held dead, with $what waiting', async ({ flood }) => {
    const { app, log, work } = await start(platform);
    const client = await connect(app, flood);
    await sleep(LONG);
    expect(log.outcomes).toEqual([]);
    work.done.open();
    await eventually(() => expect(work.handled).toHaveLength(flood.messages), 'all', 30_000);
    client.write(times(1, text('still here')));
    await eventually(() => expect(work.handled.at(-1)).toBe('still here'), 'one more');
    expect(log.outcomes).toEqual([]);
  });

  it('and that goes on sending meanwhile, is not held dead, and loses nothing', async () => {
    const { app, log, work } = await start(platform);
    const client = await connect(app, fewBytes);
    let sent = fewBytes.messages;
    const sending = setInterval(() => {
      client.write(times(5, text(`message ${sent}`)));
      sent += 5;
    }, 7);
    await sleep(LONG);
    clearInterval(sending);
    expect(log.outcomes).toEqual([]);
    work.done.open();
    await eventually(() => expect(work.handled).toHaveLength(sent), 'all messages');
    expect(log.outcomes).toEqual([]);
  });
});
