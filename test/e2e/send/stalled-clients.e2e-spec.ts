import { Body, Controller } from '@nestjs/common';
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { RevaliWsMetrics, WebSocket, type BackpressureOptions } from 'nestjs-revali-ws';
import type { WebSocket as RawSocket } from 'ws';

import { startApp, type AppSetup } from '../../support/apps/app-factory.js';
import { eventually, sleep } from '../../support/deadline.js';
import { startGateways } from '../../support/apps/gateways/app.js';
import { ObserverLog } from '../../support/records/observer-log.js';
import type { Platform } from '../../support/apps/platforms.js';
import { transports } from '../../support/apps/transports.js';
import { closeAllApps } from '../../support/apps/running-app.js';
import type { TestClient, TestClientOptions } from '../../support/clients/test-client.js';
import { overTls, trusted } from '../../support/apps/tls-app.js';

const MEGABYTE = 1024 * 1024;
/** More than the kernels keep between them. */
const LARGE = 24 * MEGABYTE;
/** Of a client that reads nothing, on a machine however busy. */
const TIMEOUT = 200;
/** One that reads is late now and then. */
const PATIENT = 600;
/** What waits is below the mark. */
const below: BackpressureOptions = { highWaterMark: 2 * LARGE, timeout: TIMEOUT };

function appOf(platform: Platform, backpressure: BackpressureOptions, setup: AppSetup = {}) {
  @Controller()
  class Sending {
    @WebSocket('send', { backpressure })
    send(@Body() size: number): Buffer {
      return Buffer.alloc(size);
    }
  }
  return startApp(platform, { controllers: [Sending], ...setup });
}

/** Three eighths of a megabyte after another, in lumps as large as kernels make them. */
function readSlowly(client: TestClient): () => void {
  const { socket } = client;
  const stream: unknown = Reflect.get(socket, '_socket');
  let budget = 0;
  const refill = setInterval(() => {
    budget += (3 * MEGABYTE) / 8;
    socket.resume();
  }, 30);
  const spend = (chunk: Buffer): void => {
    budget -= chunk.length;
    if (budget <= 0) socket.pause();
  };
  const add: unknown = typeof stream === 'object' && stream && Reflect.get(stream, 'on');
  if (typeof add === 'function') Reflect.apply(add, stream, ['data', spend]);
  return () => clearInterval(refill);
}

type Setting = [
  name: string,
  setup: (platform: Platform) => AppSetup,
  client: TestClientOptions | undefined,
];
const uncompressible = { serverNoContextTakeover: true, threshold: 2 * LARGE };
const settings: Setting[] = [
  ['as they are', () => ({}), undefined],
  // By a connection that compresses: this message is not worth it, and would become too small.
  ['compressed', () => ({ forRoot: { perMessageDeflate: uncompressible } }), undefined],
  ['over TLS', overTls, trusted],
];

describe.each(transports)('below the mark, on $label', (platform) => {
  afterEach(closeAllApps);

  describe.each(settings)('%s', (_name, setup, options) => {
    it.each(['wait', 'drop', 'close'] as const)(
      "a client that takes nothing is closed with 1008 and cut (policy '%s')",
      async (policy) => {
        const log = new ObserverLog();
        const { forRoot, ...more } = setup(platform);
        const app = await appOf(
          platform,
          { ...below, policy },
          {
            ...more,
            forRoot: { ...forRoot, observers: [log], closeTimeout: 200 },
          },
        );
        const client = await app.connect('send', options);
        client.pause();
        const asked = performance.now();
        client.send(`${LARGE}`);
        // A sign of life, but nothing is read.
        const pongs = setInterval(() => client.socket.pong(), 50);
        try {
          const outcome = await log.outcome();
          expect(outcome).toMatchObject({ code: 1008, reason: 'Slow consumer' });
          expect(performance.now() - asked).toBeGreaterThanOrEqual(TIMEOUT - 5);
        } finally {
          clearInterval(pongs);
        }
        const { connections } = app.app.get(RevaliWsMetrics).snapshot();
        expect(connections.slowConsumers).toBe(1);
        await eventually(
          () => expect(app.app.get(RevaliWsMetrics).snapshot().connections.open).toBe(0),
          'the connection to be cut',
        );
      },
    );

    it('one that reads slowly gets the whole of one large message', async () => {
      const app = await appOf(platform, { ...below, timeout: PATIENT }, setup(platform));
      const client = await app.connect('send', { ...options, maxPayload: 2 * LARGE });
      const asked = performance.now();
      const stop = readSlowly(client);
      client.send(`${LARGE}`);
      try {
        expect(await client.binary(20_000)).toHaveLength(LARGE);
      } finally {
        stop();
      }
      expect(performance.now() - asked).toBeGreaterThan(2 * PATIENT);
      client.resume();
      client.send('1');
      expect(await client.binary()).toHaveLength(1);
    });
  });

  it('a client that took all of it is left alone', async () => {
    const app = await appOf(platform, { ...below, timeout: 100 });
    const client = await app.connect('send', { maxPayload: 2 * LARGE });
    client.pause();
    client.send(`${LARGE}`);
    await sleep(50);
    client.resume();
    expect(await client.binary()).toHaveLength(LARGE);
    await client.expectNothing(300);
    expect(client.isOpen).toBe(true);
  });

  it('a client of a gateway that takes nothing is closed with 1008', async () => {
    @WebSocketGateway({ path: '/send' })
    class Gateway {
      @SubscribeMessage('send')
      send(client: RawSocket, size: number): void {
        client.send(Buffer.alloc(size));
      }
    }
    for (const policy of ['wait', 'drop', 'close'] as const) {
      const backpressure = { ...below, policy };
      const { app, adapter } = await startGateways(platform, [Gateway], {
        backpressure,
        closeTimeout: 100,
      });
      const client = await app.connect('/send');
      client.pause();
      client.sendJson({ event: 'send', data: LARGE });
      await eventually(() => {
        expect(adapter.snapshot().connections).toMatchObject({ slowConsumers: 1, open: 0 });
      }, 'the end');
    }
  });
});
