import { connect as connectTls } from 'node:tls';
import type { Socket } from 'node:net';

import { Body, Controller } from '@nestjs/common';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { WebSocket } from 'nestjs-revali-ws';

import { startApp, type AppSetup } from '../../support/apps/app-factory.js';
import { eventually, sleep } from '../../support/deadline.js';
import { OwnTime } from '../../support/own-time.js';
import { binary, pong, text } from '../../support/raw/frames.js';
import { startGateways } from '../../support/apps/gateways/app.js';
import { ObserverLog } from '../../support/records/observer-log.js';
import { platforms, type Platform } from '../../support/apps/platforms.js';
import type { RawClient } from '../../support/raw/raw-client.js';
import { encodeFrame } from '../../support/raw/raw-frame.js';
import { composeUpgrade } from '../../support/raw/raw-upgrade.js';
import { closeAllApps, type RunningApp } from '../../support/apps/running-app.js';
import { tlsFixture } from '../../support/apps/tls-fixture.js';

const INTERVAL = 100;
const TIMEOUT = 100;
const ping = { interval: INTERVAL, timeout: TIMEOUT };
const MEGABYTE = 1024 * 1024;
/** Several times what a silent client gets. */
const LONG = 6 * (INTERVAL + TIMEOUT);
const LOST = { code: 1001, reason: 'Heartbeat lost', initiator: 'server' };

const download = Buffer.alloc(48 * MEGABYTE);

/** The network takes a download in lumps of a megabyte or more: that takes such a client a while. */
const patient = { interval: 200, timeout: 200 };

@Controller()
class Files {
  @WebSocket('files', { ping })
  echoSize(@Body() message: Buffer): string {
    return `${message.length} bytes`;
  }
  @WebSocket('download', { ping: patient, backpressure: { timeout: '1m' } })
  download(): Buffer {
    return download;
  }
  @WebSocket('parts', { ping: patient, backpressure: { timeout: '1m' } })
  async *parts(): AsyncGenerator<Buffer> {
    for (let part = 0; part < 48; part += 1) yield download.subarray(0, MEGABYTE);
  }
}

@WebSocketGateway({ path: '/gateway' })
class FileGateway {
  @SubscribeMessage('download')
  download(): Buffer {
    return download.subarray(0, 12 * MEGABYTE);
  }
}

async function start(platform: Platform): Promise<{ app: RunningApp; log: ObserverLog }> {
  const log = new ObserverLog();
  const app = await startApp(platform, { controllers: [Files], forRoot: { observers: [log] } });
  return { app, log };
}

/** Fastify's adapter takes its own options. */
const overTls = (platform: Platform): Partial<AppSetup> =>
  platform.name === 'express'
    ? { appOptions: { httpsOptions: tlsFixture } }
    : { adapter: new FastifyAdapter({ https: tlsFixture }) };

async function open(app: RunningApp, path: string): Promise<RawClient> {
  const client = await app.raw();
  client.upgrade(path);
  expect((await client.response()).status).toBe(101);
  return client;
}

/** Bytes of one frame, slowly, and nothing else: no pong can be sent inside it. */
async function dribble(client: RawClient, frame: Buffer, size: number, ms: number): Promise<void> {
  for (let at = 0; at < frame.length; at += size) {
    client.write(frame.subarray(at, at + size));
    await sleep(ms);
  }
}

/** Bytes that a slow client reads in a millisecond. */
const PACE = 60 * 1024;

/** Reads at its own pace, and sees no ping before it has read what came before. */
async function drain(socket: Socket, bytes: number): Promise<number> {
  let read = 0;
  const began = performance.now();
  socket.removeAllListeners('data');
  socket.pause();
  socket.on('readable', () => undefined);
  while (read < bytes && !socket.readableEnded && !socket.destroyed) {
    const allowed = (performance.now() - began) * PACE;
    let chunk: unknown;
    while (read < allowed && (chunk = socket.read()) && Buffer.isBuffer(chunk))
      read += chunk.length;
    await sleep(1);
  }
  return read;
}

describe.each(platforms)('a client that is busy with one large message, on $name', (platform) => {
  afterEach(closeAllApps);

  it('that it sends slowly, is not held dead', async () => {
    const { app, log } = await start(platform);
    const client = await open(app, '/files');
    const frame = encodeFrame(binary(Buffer.alloc(60_000)));
    await dribble(client, frame, 2000, LONG / 30);
    const answer = await eventually(() => {
      expect(client.unread.toString('latin1')).toContain('60000 bytes');
      return client.unread;
    }, 'the answer');
    expect(answer.length).toBeGreaterThan(0);
    expect(log.outcomes).toEqual([]);
  });

  it('is held dead soon after it stops in the middle', async () => {
    const { app, log } = await start(platform);
    const client = await open(app, '/files');
    const frame = encodeFrame(binary(Buffer.alloc(60_000)));
    await dribble(client, frame.subarray(0, 20_000), 2000, LONG / 30);
    const stopped = new OwnTime();
    expect(await log.outcome()).toMatchObject(LOST);
    expect(stopped.end()).toBeLessThan(2 * (INTERVAL + TIMEOUT) + 2_000);
  });

  it.each(['download', 'parts'])('that it reads slowly, is not held dead (%s)', async (path) => {
    const { app, log } = await start(platform);
    const client = await open(app, `/${path}`);
    client.frame(text('go'));
    const began = performance.now();
    expect(await drain(client.socket, download.length)).toBeGreaterThanOrEqual(download.length);
    expect(performance.now() - began).toBeGreaterThan(patient.interval + patient.timeout);
    expect(log.outcomes).toEqual([]);
  });

  it('and reads none of it, is held dead within interval and timeout', async () => {
    const { app, log } = await start(platform);
    const client = await open(app, '/download');
    client.pause();
    client.frame(text('go'));
    const asked = new OwnTime();
    expect(await log.outcome()).toMatchObject(LOST);
    expect(asked.end()).toBeLessThan(patient.interval + patient.timeout + 2_000);
  });

  it('is not held dead on a gateway', async () => {
    const { app, adapter } = await startGateways(platform, [FileGateway], {
      ping: patient,
      backpressure: { highWaterMark: 64 * MEGABYTE, timeout: '1m' },
      maxPayload: MEGABYTE,
    });
    const up = await open(app, '/gateway');
    await dribble(up, encodeFrame(binary(Buffer.alloc(60_000))), 2000, LONG / 25);
    expect(adapter.snapshot().connections.open).toBe(1);
    const down = await open(app, '/gateway');
    down.frame(text(JSON.stringify({ event: 'download' })));
    expect(await drain(down.socket, 12 * MEGABYTE)).toBeGreaterThanOrEqual(12 * MEGABYTE);
  });
});

async function whileSending(send: () => void, check: () => Promise<void>): Promise<void> {
  const sending = setInterval(send, 5);
  await check().finally(() => clearInterval(sending));
}

describe.each(platforms)('a client that sends pongs nobody asked for, on $name', (platform) => {
  afterEach(closeAllApps);

  /** Many in one write, or few and often, each with the payload of an old one. */
  const stray = [pong(), pong('guess'), pong(Buffer.alloc(8)), pong(Buffer.alloc(125))];

  it('is held dead all the same', async () => {
    const { app, log } = await start(platform);
    const client = await open(app, '/files');
    await whileSending(
      () => stray.forEach((frame) => client.frame(frame)),
      async () => expect(await log.outcome()).toMatchObject(LOST),
    );
  });

  it('is held dead by a gateway, too', async () => {
    const { app, adapter } = await startGateways(platform, [FileGateway], { ping });
    const client = await open(app, '/gateway');
    await whileSending(
      () => stray.forEach((frame) => client.frame(frame)),
      () => eventually(() => expect(adapter.snapshot().connections.open).toBe(0), 'the end'),
    );
  });

  it('is held dead where it answers an old ping again and again', async () => {
    const { app, log } = await start(platform);
    const client = await open(app, '/files');
    const { payload } = await client.nextFrame();
    await whileSending(
      () => client.frame(pong(payload)),
      async () => expect(await log.outcome()).toMatchObject(LOST),
    );
  });

  it('is held dead behind TLS, too', async () => {
    const log = new ObserverLog();
    const app = await startApp(platform, {
      controllers: [Files],
      forRoot: { observers: [log] },
      ...overTls(platform),
    });
    const socket = connectTls({ port: app.port, host: '127.0.0.1', rejectUnauthorized: false });
    socket.on('error', () => undefined);
    socket.write(composeUpgrade(`127.0.0.1:${app.port}`, '/files', {}));
    await whileSending(
      () => stray.forEach((frame) => socket.write(encodeFrame(frame))),
      async () => expect(await log.outcome()).toMatchObject(LOST),
    ).finally(() => socket.destroy());
  });
});

describe.each(platforms)('a client that answers its pings, on $name', (platform) => {
  afterEach(closeAllApps);

  it('finds a different payload in each', async () => {
    const { app } = await start(platform);
    const [one, other] = await Promise.all([app.connect('files'), app.connect('files')]);
    const payloads = [
      await one.nextPing(),
      await one.nextPing(),
      await other.nextPing(),
      await other.nextPing(),
    ].map((payload) => payload.toString('hex'));
    expect(new Set(payloads).size).toBe(4);
  });
});
