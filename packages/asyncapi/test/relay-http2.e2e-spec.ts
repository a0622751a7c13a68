import { Body, Controller, Ip, Req } from '@nestjs/common';
import type { AbstractHttpAdapter } from '@nestjs/core';
import type { IncomingMessage } from 'node:http';
import {
  connect as connectHttp2,
  createSecureServer,
  type ClientHttp2Session,
  type Http2SecureServer,
} from 'node:http2';
import type { AddressInfo } from 'node:net';
import { RevaliWsMetrics, WebSocket, WebSocketServers } from 'nestjs-revali-ws';
import { AsyncApiModule } from 'nestjs-revali-ws-asyncapi';
import { connect, type TestWebSocket } from 'nestjs-revali-ws/testing';
import { eventually } from '../../../test/support/deadline.js';
import { inClear, overBoth, secureAlone } from '../../../test/support/apps/http2-app.js';
import { listenerOf } from '../../../test/support/apps/request-listener.js';
import { trusted } from '../../../test/support/apps/tls-app.js';
import { tlsFixture } from '../../../test/support/apps/tls-fixture.js';
import { closeAllApps, startApp } from './support.js';

const RELAY = '/async-api/relay';

@Controller()
class EchoController {
  @WebSocket('echo')
  echo(@Body() text: string, @Ip() ip: string, @Req() { raw }: { raw: IncomingMessage }): object {
    const { socket, httpVersion } = raw;
    return { text, ip, httpVersion, isSecure: Reflect.get(socket, 'encrypted') === true };
  }

  /** Matches the path of the relay, too. */
  @WebSocket('*rest')
  rest(): void {}
}

async function ask(page: TestWebSocket, request: object): Promise<unknown> {
  page.send(request);
  return page.json();
}

const kinds: [name: string, createAdapter: () => AbstractHttpAdapter, routes: object][] = [
  ['in clear', inClear, { httpVersion: '2.0', isSecure: false }],
  ['over TLS', secureAlone, { httpVersion: '2.0', isSecure: true }],
  ['over TLS beside HTTP/1.1', overBoth, { httpVersion: '1.1', isSecure: true }],
];

describe.each(kinds)('The relay of a page over HTTP/2 %s', (_name, createAdapter, expected) => {
  afterEach(closeAllApps);

  const start = async (isListening: boolean) => {
    const imports = [AsyncApiModule.forRoot({ relay: true })];
    const { app } = await startApp({
      adapter: createAdapter(),
      controllers: [EchoController],
      imports,
    });
    if (isListening) await app.listen(0, '127.0.0.1');
    return app;
  };

  it.each([true, false])('opens a route and ends with it, listening: %s', async (isListening) => {
    const app = await start(isListening);
    const metrics = app.get(RevaliWsMetrics);
    const page = await connect(app, RELAY, { http2: true });
    expect(await ask(page, { path: '/echo' })).toMatchObject({ event: 'open', status: 101 });
    page.send({ send: { text: 'hi' } });
    const { text } = await page.json<{ text: string }>();
    expect(JSON.parse(text)).toEqual({ text: 'hi', ip: '127.0.0.1', ...expected });
    expect(await ask(page, { close: { code: 4000, reason: 'Done' } })).toEqual({
      event: 'close',
      code: 4000,
      reason: 'Done',
    });
    await page.closed;
    await eventually(() => expect(metrics.snapshot().connections.open).toBe(0), 'both to end');
  });

  it('does not relay itself', async () => {
    const page = await connect(await start(true), RELAY, { http2: true });
    expect(await ask(page, { path: RELAY })).toMatchObject({
      event: 'error',
      message: 'The relay does not relay itself.',
    });
    await page.closed;
  });

  it('ends what a page leaves behind', async () => {
    const app = await start(true);
    const metrics = app.get(RevaliWsMetrics);
    const page = await connect(app, RELAY, { http2: true });
    await ask(page, { path: '/echo' });
    expect(metrics.snapshot().connections.open).toBe(2);
    await page.terminate();
    await eventually(() => expect(metrics.snapshot().connections.open).toBe(0), 'both to end');
  });
});

describe('The relay of a page that has come to an attached server of HTTP/2', () => {
  const sessions: ClientHttp2Session[] = [];
  const servers: Http2SecureServer[] = [];

  afterEach(async () => {
    for (const session of sessions.splice(0)) session.destroy();
    for (const server of servers.splice(0)) server.close();
    await closeAllApps();
  });

  it('goes to this server', async () => {
    const imports = [AsyncApiModule.forRoot({ relay: true })];
    const { app } = await startApp({ adapter: inClear(), controllers: [EchoController], imports });
    await app.listen(0, '127.0.0.1');
    const server = createSecureServer(tlsFixture);
    servers.push(server);
    server.on('request', listenerOf(app));
    app.get(WebSocketServers).attach(server);
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const { port } = server.address() as AddressInfo;
    const session = connectHttp2(`https://127.0.0.1:${port}`, trusted);
    sessions.push(session);
    const page = await connect(app, RELAY, { http2: session });
    await ask(page, { path: '/echo' });
    page.send({ send: { text: 'hi' } });
    const { text } = await page.json<{ text: string }>();
    expect(JSON.parse(text)).toMatchObject({ httpVersion: '2.0', isSecure: true });
    await page.close();
  });
});
