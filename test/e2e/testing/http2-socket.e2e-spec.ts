import { Body, Controller } from '@nestjs/common';
import { connect, createServer, type ClientHttp2Session, type Http2Server } from 'node:http2';
import { WebSocket as WebSocketRoute } from 'nestjs-revali-ws';
import { connect as connectTo, openHttp2Socket } from 'nestjs-revali-ws/testing';
import { WebSocket } from 'ws';
import { startHttp2App } from '../../support/apps/http2-app.js';
import { closeAllApps } from '../../support/apps/running-app.js';
import { within } from '../../support/deadline.js';

@Controller()
class EchoController {
  @WebSocketRoute('echo')
  echo(@Body() message: string): string {
    return message;
  }
}

/** What the process warns of until it is released. */
function warnings(): { readonly all: Error[]; release: () => void } {
  const all: Error[] = [];
  const note = (warning: Error): void => void all.push(warning);
  process.on('warning', note);
  return { all, release: () => process.off('warning', note) };
}

describe('the socket for clients of WebSockets inside HTTP/2', () => {
  const sessions: ClientHttp2Session[] = [];
  const servers: Http2Server[] = [];

  afterEach(async () => {
    for (const session of sessions.splice(0)) session.destroy();
    for (const server of servers.splice(0)) server.close();
    await closeAllApps();
  });

  const sessionTo = (url: string): ClientHttp2Session => {
    const session = connect(url);
    sessions.push(session);
    return session;
  };

  it('opens many in one session, which then knows none of them', async () => {
    const app = await startHttp2App({ controllers: [EchoController] });
    const session = sessionTo(app.http('').slice(0, -1));
    const warned = warnings();
    const opening = Array.from({ length: 30 }, () =>
      connectTo(app.app, '/echo', { http2: session }),
    );
    const sockets = await Promise.all(opening);
    for (const [index, socket] of sockets.entries()) socket.send(`message ${index}`);
    for (const [index, socket] of sockets.entries())
      expect(await socket.text()).toBe(`message ${index}`);
    await Promise.all(sockets.map((socket) => socket.close()));
    warned.release();
    expect(warned.all).toEqual([]);
    for (const event of ['close', 'error', 'connect'])
      expect({ event, count: session.listenerCount(event) }).toEqual({ event, count: 0 });
  });

  it('takes an answer that a proxy has taken from an upgrade of its own', async () => {
    const server = createServer({ settings: { enableConnectProtocol: true } });
    servers.push(server);
    server.on('stream', (stream) => {
      stream.respond({ ':status': 200, 'sec-websocket-accept': 'of another key', 'x-own': 'yes' });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    const session = sessionTo(`http://127.0.0.1:${port}`);
    const socket = new WebSocket(`ws://127.0.0.1:${port}/echo`, {
      createConnection: () => openHttp2Socket(session),
    });
    const answered = new Promise((resolve, reject) => {
      socket.once('upgrade', ({ headers }) => resolve(headers['x-own']));
      socket.once('error', reject);
    });
    const opened = new Promise((resolve, reject) => {
      socket.once('open', resolve);
      socket.once('error', reject);
    });
    expect(await within(answered, 'the answer')).toBe('yes');
    await within(opened, 'the WebSocket');
    socket.terminate();
  });
});
