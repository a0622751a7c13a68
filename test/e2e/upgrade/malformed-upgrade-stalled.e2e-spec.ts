import { Controller, Get, Post } from '@nestjs/common';
import { WebSocket } from 'nestjs-revali-ws';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { startApp } from '../../support/apps/app-factory.js';
import { eventually, sleep } from '../../support/deadline.js';
import { platforms } from '../../support/apps/platforms.js';
import { closeAllApps, type RunningApp } from '../../support/apps/running-app.js';

/** Handlers that wait to be let go. */
const waiting: (() => void)[] = [];

@Controller('example')
class SlowController {
  @WebSocket('quick', { triggerOnConnect: true })
  quick(): string {
    return 'quick';
  }

  @Get('pending')
  async pending(): Promise<string> {
    await new Promise<void>((resolve) => waiting.push(resolve));
    return 'late';
  }

  @Post('post')
  post(): string {
    return 'posted';
  }
}

describe.each(platforms)('requests that stall on $name', (platform) => {
  afterEach(async () => {
    letGo();
    await closeAllApps();
  });

  const start = (handshakeTimeout: number): Promise<RunningApp> =>
    startApp(platform, { forRoot: { handshakeTimeout }, controllers: [SlowController] });

  it.each([
    ['in the request line', 'GET /example/quick'],
    ['in the headers', 'GET /example/quick HTTP/1.1\r\nHost: a\r\nUpgrade: websock'],
    ['before the last line', 'GET /example/quick HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n'],
  ])('%s are answered with 408 and freed within the handshake timeout', async (_where, bytes) => {
    const app = await start(60);
    const client = await app.raw();
    client.write(bytes);
    const answer = await client.response();
    expect(answer.statusLine).toBe('HTTP/1.1 408 Request Timeout');
    expect(answer.headers).toMatchObject({ connection: ['close'] });
    await client.ended;
    const next = await app.connect('/example/quick');
    expect(await next.text()).toBe('quick');
  });

  it('byte by byte are freed all the same', async () => {
    const app = await start(60);
    const client = await app.raw();
    client.write('GET /');
    const dripping = setInterval(() => client.write('a'), 10);
    try {
      expect((await client.response()).status).toBe(408);
      await client.ended;
    } finally {
      clearInterval(dripping);
    }
  });

  it('do not free the connections that have sent nothing yet', async () => {
    const app = await start(30);
    const idle = await app.raw();
    await expectStalledToBeFreed(app);
    idle.upgrade('/example/quick');
    expect((await idle.response()).status).toBe(101);
  });

  it('are freed as well where the client has waited before it began', async () => {
    const app = await start(30);
    const late = await app.raw();
    await expectStalledToBeFreed(app);
    late.write('GET ');
    expect((await late.response()).status).toBe(408);
  });

  it('do not free requests whose answer takes its time', async () => {
    const app = await start(30);
    const client = await app.raw();
    client.write('GET /example/pending HTTP/1.1\r\nHost: a\r\n\r\n');
    await expectStalledToBeFreed(app);
    await eventually(() => expect(waiting).toHaveLength(1), 'the handler to wait');
    letGo();
    expect(await client.response()).toMatchObject({ status: 200, body: 'late' });
  });

  it('do not free requests whose body is slow, nor upgraded connections', async () => {
    const app = await start(30);
    const posting = await app.raw();
    posting.write('POST /example/post HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n');
    posting.write('Content-Length: 2\r\n\r\n{');
    const upgraded = await app.connect('/example/quick');
    expect(await upgraded.text()).toBe('quick');
    await expectStalledToBeFreed(app);
    posting.write('}');
    expect(await posting.response()).toMatchObject({ status: 201, body: 'posted' });
    expect(upgraded.isOpen).toBe(true);
  });

  it('do not keep app.close() waiting for longer than that', async () => {
    const app = await start(100);
    const stalled = await app.raw();
    stalled.write('GET /example/quick HTTP/1.1\r\nHost: a');
    await expectRead(app);
    await app.close();
    expect((await stalled.response()).status).toBe(408);
    await stalled.ended;
  });

  it('are answered as ever when they are completed while the server closes', async () => {
    const app = await start(300);
    const slow = await app.raw();
    slow.write('GET /example/pending HTTP/1.1\r\nHost: a\r\nConnection: close');
    await expectRead(app);
    const closing = app.close();
    await eventually(() => expect(app.server.listening).toBe(false), 'the server to close');
    slow.write('\r\n\r\n');
    // Fastify turns such requests away by itself.
    const status = platform.name === 'express' ? 200 : 503;
    if (status === 200) await eventually(() => expect(waiting).toHaveLength(1), 'the handler');
    // Until the deadline of a request that had stalled is over.
    await sleep(350);
    letGo();
    expect((await slow.response()).status).toBe(status);
    await closing;
  });

  it('do not free requests of a library that has taken over the listeners of the server', async () => {
    const app = await start(30);
    const ours = app.server.listeners('request');
    app.server.removeAllListeners('request');
    app.server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      if (request.url === '/poll') waiting.push(() => response.end('polled'));
      else for (const listener of ours) Reflect.apply(listener, app.server, [request, response]);
    });
    const polling = await app.raw();
    polling.write('GET /poll HTTP/1.1\r\nHost: a\r\n\r\n');
    await expectStalledToBeFreed(app);
    letGo();
    expect(await polling.response()).toMatchObject({ status: 200, body: 'polled' });
  });

  it('do not free tunnels', async () => {
    const app = await start(30);
    app.server.on('connect', (_request: IncomingMessage, socket: Duplex) => {
      socket.on('data', (chunk: Buffer) => socket.write(chunk));
      socket.on('error', () => undefined);
      socket.on('end', () => socket.end());
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
    });
    const tunnel = await app.raw();
    tunnel.write('CONNECT b:80 HTTP/1.1\r\nHost: b:80\r\n\r\n');
    await eventually(() => expect(tunnel.unread.toString()).toContain('\r\n\r\n'), 'the tunnel');
    await sleep(60);
    tunnel.write('echo');
    await eventually(() => expect(tunnel.unread.toString()).toContain('echo'), 'the echo');
  });
});

/** What was written before has been read by the server. */
async function expectRead(app: RunningApp): Promise<void> {
  const client = await app.connect('/example/quick');
  expect(await client.text()).toBe('quick');
  client.terminate();
}

function letGo(): void {
  for (const resolve of waiting.splice(0)) resolve();
}

/** By then the deadline has passed for all that came before. */
async function expectStalledToBeFreed(app: RunningApp): Promise<void> {
  const stalled = await app.raw();
  stalled.write('GET ');
  expect((await stalled.response()).status).toBe(408);
}
