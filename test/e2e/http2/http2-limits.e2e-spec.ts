import { Body, Controller, Req, UseGuards, type CanActivate } from '@nestjs/common';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { RevaliWsMetrics, WebSocket } from 'nestjs-revali-ws';
import { openHttp2Socket } from 'nestjs-revali-ws/testing';
import type { Http2SecureServer, Http2Server } from 'node:http2';
import { eventually, sleep, within } from '../../support/deadline.js';
import { startHttp2App } from '../../support/apps/http2-app.js';
import { closeAllApps, type RunningApp } from '../../support/apps/running-app.js';
import { tlsFixture } from '../../support/apps/tls-fixture.js';
import { Http2Session, type Http2Connect } from '../../support/clients/http2-session.js';
import { TestClient, type TestClientOptions } from '../../support/clients/test-client.js';
import { MemoryWatch } from '../../support/faults/memory-watch.js';
import { gate, type Gate } from '../../support/gate.js';
import { binary, close, text, times } from '../../support/raw/frames.js';
import { decodeClose, Opcode } from '../../support/raw/raw-frame.js';
import { ObserverLog } from '../../support/records/observer-log.js';

const MEGABYTE = 1024 * 1024;

let asked = 0;
let door: Gate = gate();
let produced = 0;

class WaitingGuard implements CanActivate {
  async canActivate(): Promise<boolean> {
    asked += 1;
    await door.opened;
    return true;
  }
}

@Controller()
class HouseController {
  @WebSocket('echo', { format: 'raw' })
  echo(@Body() message: string | Buffer): string | Buffer {
    return message;
  }

  @WebSocket('guarded')
  @UseGuards(WaitingGuard)
  guarded(@Body() message: string): string {
    return message;
  }

  @WebSocket('small', { maxPayload: 10 })
  small(@Body() message: string): string {
    return message;
  }

  @WebSocket('rated', { messageRate: { limit: 5, per: '10s' } })
  rated(@Body() message: string): string {
    return message;
  }

  @WebSocket('pinged', { ping: { interval: 50, timeout: 50 } })
  pinged(@Body() message: string): string {
    return message;
  }

  @WebSocket('idle', { idleTimeout: 100 })
  idle(@Body() message: string): string {
    return message;
  }

  @WebSocket('outpour', { backpressure: { highWaterMark: MEGABYTE, policy: 'wait' } })
  async *outpour(@Body() _message: string): AsyncGenerator<Buffer> {
    for (produced = 0; produced < 200; produced += 1)
      yield await Promise.resolve(Buffer.alloc(MEGABYTE / 4));
  }

  @WebSocket('certificate')
  certificate(
    @Body() _message: string,
    @Req() request: { raw: { socket: { getPeerCertificate(): { subject?: { CN?: string } } } } },
  ): string {
    return request.raw.socket.getPeerCertificate().subject?.CN ?? 'nobody';
  }
}

async function statusOf(session: Http2Session, path = '/echo'): Promise<number> {
  return (await session.connect(path).answer).status;
}

async function open(session: Http2Session, path = '/echo'): Promise<Http2Connect> {
  const stream = session.connect(path);
  expect((await stream.answer).status).toBe(200);
  return stream;
}

async function closeOf(stream: Http2Connect): Promise<{ code: number; reason: string }> {
  for (;;) {
    const { opcode, payload } = await stream.nextFrame();
    if (opcode === Opcode.close) return decodeClose(payload);
  }
}

const metricsOf = (app: RunningApp) => app.app.get(RevaliWsMetrics).snapshot();

/** A client of `ws` inside the session. */
function dial(
  app: RunningApp,
  { session }: Http2Session,
  path: string,
  options?: TestClientOptions,
): Promise<TestClient> {
  return TestClient.connect(app.url(path), {
    ...options,
    createConnection: () => openHttp2Socket(session),
  });
}

describe('WebSockets inside HTTP/2', () => {
  beforeEach(() => {
    asked = 0;
    door = gate();
  });

  afterEach(async () => {
    door.open();
    await closeAllApps();
  });

  const start = (
    forRoot: NonNullable<Parameters<typeof startHttp2App>[0]['forRoot']> = {},
  ): Promise<RunningApp> =>
    startHttp2App({ controllers: [HouseController], forRoot: { closeTimeout: 300, ...forRoot } });

  it('count one by one for maxConnections, over all sessions', async () => {
    const app = await start({ maxConnections: 3 });
    const [first, second] = [await Http2Session.open(app), await Http2Session.open(app)];
    const streams = [await open(first), await open(first), await open(second)];
    expect(await statusOf(first)).toBe(503);
    expect(await statusOf(second)).toBe(503);
    streams[0]?.reset();
    await eventually(async () => expect(await statusOf(second)).toBe(200), 'a free place');
  });

  it('fill their session alone up to maxConnectionsPerSession, and free their places', async () => {
    const app = await start({ maxConnectionsPerSession: 2 });
    const session = await Http2Session.open(app);
    const streams = [await open(session), await open(session)];
    const refused = session.connect('/echo');
    expect(await refused.answer).toMatchObject({
      status: 503,
      headers: { 'retry-after': expect.any(String) as unknown },
    });
    expect(await refused.body).toMatchObject({ message: 'Too many connections in this session' });
    await open(await Http2Session.open(app));
    streams[0]?.reset();
    await eventually(async () => expect(await statusOf(session)).toBe(200), 'a free place');
    streams[1]?.send(close(1000));
    await eventually(async () => expect(await statusOf(session)).toBe(200), 'a free place');
  });

  it('count for maxPendingHandshakes, and free their places when they are reset', async () => {
    const app = await start({ maxPendingHandshakes: 2 });
    const session = await Http2Session.open(app);
    const waiting = [session.connect('/guarded'), session.connect('/guarded')];
    await eventually(() => expect(asked).toBe(2), 'the guards to be asked');
    expect(await statusOf(session, '/guarded')).toBe(503);
    waiting[0]?.reset();
    await eventually(async () => expect(await statusOf(session)).toBe(200), 'a free place');
    door.open();
    expect((await waiting[1]?.answer)?.status).toBe(200);
  });

  it.each([
    ['maxPayload', '/small', times(1, text('x'.repeat(11))), 1009],
    ['messageRate', '/rated', times(6, text('hi')), 1008],
  ])('are closed above %s, and not their siblings', async (_limit, path, bytes, code) => {
    const session = await Http2Session.open(await start());
    const sibling = await open(session);
    const stream = await open(session, path);
    stream.stream.write(bytes);
    expect(await closeOf(stream)).toMatchObject({ code });
    sibling.send(text('hi'));
    expect((await sibling.nextFrame()).payload.toString()).toBe('hi');
  });

  it('are pinged, and cut where they do not answer', async () => {
    const log = new ObserverLog();
    const app = await start({ observers: [log] });
    const session = await Http2Session.open(app);
    const answering = await dial(app, session, '/pinged');
    const silent = await open(session, '/pinged');
    expect((await silent.nextFrame()).opcode).toBe(Opcode.ping);
    await silent.closed;
    expect(await log.outcome()).toMatchObject({ kind: 'closed' });
    await answering.nextPing();
    answering.send('hi');
    expect(await answering.text()).toBe('hi');
  });

  it('are closed with 1001 after idleTimeout', async () => {
    const session = await Http2Session.open(await start());
    expect(await closeOf(await open(session, '/idle'))).toEqual({
      code: 1001,
      reason: 'Idle timeout',
    });
  });

  it('get 1001 when the application closes, and GOAWAY; their session ends with the last', async () => {
    const app = await start();
    const session = await Http2Session.open(app);
    const goaway = new Promise((resolve) => session.session.once('goaway', resolve));
    const ended = new Promise((resolve) => session.session.once('close', resolve));
    const clients = await Promise.all(
      Array.from({ length: 20 }, () => dial(app, session, '/echo')),
    );
    const closing = app.close();
    for (const client of clients) expect(await client.closed).toMatchObject({ code: 1001 });
    expect(await within(goaway, 'GOAWAY')).toBe(0);
    await within(ended, 'the end of the session');
    await closing;
  });

  it('are counted as connections of HTTP/2', async () => {
    const app = await start();
    expect(metricsOf(app).connections).not.toHaveProperty('http2');
    const session = await Http2Session.open(app);
    const streams = [await open(session), await open(session), await open(session)];
    expect(metricsOf(app).connections).toMatchObject({
      open: 3,
      total: 3,
      http2: { open: 3, total: 3 },
    });
    streams[0]?.reset();
    await eventually(
      () => expect(metricsOf(app).connections).toMatchObject({ http2: { open: 2, total: 3 } }),
      'one less',
    );
  });

  it.each([false, true])(
    'carry a megabyte both ways (compressed: %p)',
    async (perMessageDeflate) => {
      const app = await start({ perMessageDeflate, maxPayload: 2 * MEGABYTE });
      const session = await Http2Session.open(app);
      const client = await dial(app, session, '/echo', { perMessageDeflate });
      expect(client.socket.extensions).toBe(perMessageDeflate ? 'permessage-deflate' : '');
      const bytes = Buffer.from(
        Array.from({ length: MEGABYTE }, (_, index) => (index * 7919) % 251),
      );
      for (let round = 0; round < 3; round += 1) client.send(bytes);
      for (let round = 0; round < 3; round += 1)
        expect((await client.binary()).equals(bytes)).toBe(true);
      client.send('x'.repeat(MEGABYTE));
      expect(await client.text()).toHaveLength(MEGABYTE);
    },
  );

  it('that do not read bound what is kept for them', async () => {
    const app = await start();
    const session = await Http2Session.open(app);
    const client = await dial(app, session, '/outpour');
    client.pause();
    const memory = new MemoryWatch();
    memory.sample();
    client.send('go');
    await eventually(async () => {
      const before = produced;
      await sleep(50);
      expect(produced).toBe(before);
    }, 'the outpour to stop');
    memory.sample();
    expect(produced).toBeGreaterThan(0);
    expect(produced).toBeLessThan(12);
    expect(memory.growth).toBeLessThan(3 * MEGABYTE);
    client.resume();
    for (let message = 0; message < 200; message += 1)
      expect(await client.binary()).toHaveLength(MEGABYTE / 4);
  });

  it('outlive the timeouts of Fastify', async () => {
    const adapter = new FastifyAdapter<Http2Server>({
      http2: true,
      http2SessionTimeout: 60,
      keepAliveTimeout: 60,
    });
    const app = await startHttp2App(
      { controllers: [HouseController], forRoot: { ping: false } },
      () => adapter,
    );
    const session = await Http2Session.open(app);
    const stream = await open(session);
    await sleep(400);
    stream.send(binary('hi'));
    expect((await stream.nextFrame()).payload.toString()).toBe('hi');
  });

  it("show the client's certificate", async () => {
    const adapter = new FastifyAdapter<Http2SecureServer>({
      http2: true,
      https: { ...tlsFixture, requestCert: true, rejectUnauthorized: false },
    });
    const app = await startHttp2App({ controllers: [HouseController] }, () => adapter);
    for (const [certificate, name] of [
      [tlsFixture, 'localhost'],
      [{}, 'nobody'],
    ] as const) {
      const session = await Http2Session.open(app, certificate);
      const stream = await open(session, '/certificate');
      stream.send(text('who'));
      expect((await stream.nextFrame()).payload.toString()).toBe(name);
    }
  });
});
