import { AsyncLocalStorage } from 'node:async_hooks';
import { once } from 'node:events';
import { Server as HttpServer } from 'node:http';
import { createServer } from 'node:https';

import { jest } from '@jest/globals';
import { Body, Controller, Req } from '@nestjs/common';
import { WebSocket, WebSocketServers } from 'nestjs-revali-ws';
import { connect, type TestedApplication } from 'nestjs-revali-ws/testing';
import { closeOpenedApps, openApp, reaches } from '../../support/apps/testing-kit-app.js';
import { tlsFixture } from '../../support/apps/tls-fixture.js';

const store = new AsyncLocalStorage<string>();

interface RawRequest {
  readonly raw?: RawRequest;
  readonly socket: {
    readonly encrypted?: boolean;
    readonly remoteAddress?: string;
    readonly remotePort?: number;
    address(): unknown;
  };
}

@Controller()
class ApartController {
  @WebSocket('store')
  store(): string {
    return store.getStore() ?? 'nothing';
  }

  @WebSocket('echo')
  echo(@Body() message: Buffer): Buffer {
    return message;
  }

  @WebSocket('socket')
  socket(@Req() request: RawRequest): unknown {
    const { encrypted = false, remoteAddress, remotePort = 0 } = (request.raw ?? request).socket;
    return { encrypted, remoteAddress, hasPort: remotePort > 0 };
  }
}

describe.each(reaches)('the server on $label', (reach) => {
  const start = () => openApp(reach, { controllers: [ApartController] });
  afterEach(closeOpenedApps);

  it("sees none of the test's asynchronous context", async () => {
    const app = await start();
    await store.run("the test's own", async () => {
      const socket = await connect(app, '/store');
      socket.send('');
      expect(await socket.next()).toBe('nothing');
      expect(store.getStore()).toBe("the test's own");
    });
  });

  it('goes on while a test fakes the clock, as do deadlines', async () => {
    const app = await start();
    jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] });
    try {
      const socket = await connect(app, '/echo');
      socket.send(Buffer.from('hi'));
      expect(await socket.binary()).toEqual(Buffer.from('hi'));
      socket.timeout = 30;
      await expect(socket.next()).rejects.toThrow('/echo: waited 30 ms for a message');
    } finally {
      jest.useRealTimers();
    }
  });

  it('gets a copy of what is sent', async () => {
    const socket = await connect(await start(), '/echo');
    const sent = Buffer.from('before');
    socket.send(sent);
    sent.write('after!');
    expect((await socket.binary()).toString()).toBe('before');
    expect(sent.toString()).toBe('after!');
  });

  it('knows the address of the client', async () => {
    const socket = await connect(await start(), '/socket');
    socket.send('');
    expect(await socket.json()).toEqual({
      encrypted: false,
      remoteAddress: '127.0.0.1',
      hasPort: true,
    });
  });

  it('may be one of HTTPS', async () => {
    const app = await start();
    const http: unknown = app.getHttpServer();
    if (!(http instanceof HttpServer)) throw new Error('the app has no server');
    const https = createServer(tlsFixture).on('request', (...args) =>
      http.emit('request', ...args),
    );
    app.get(WebSocketServers).attach(https);
    if (reach.hasPort) await once(https.listen(0, '127.0.0.1'), 'listening');
    const secured: TestedApplication = { getHttpServer: () => https };
    const socket = await connect(secured, '/socket');
    socket.send('');
    expect(await socket.json()).toMatchObject({ encrypted: true, remoteAddress: '127.0.0.1' });
    await socket.close();
    https.close();
  });
});
