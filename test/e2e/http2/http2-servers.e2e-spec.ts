import { Body, Controller, UseGuards, type CanActivate } from '@nestjs/common';
import { WebSocket, WebSocketServers } from 'nestjs-revali-ws';
import { openHttp2Socket } from 'nestjs-revali-ws/testing';
import {
  connect,
  createSecureServer,
  createServer,
  type Http2SecureServer,
  type Http2Server,
  type ClientHttp2Session,
} from 'node:http2';
import { startApp } from '../../support/apps/app-factory.js';
import { listenerOf } from '../../support/apps/request-listener.js';
import { startGateways } from '../../support/apps/gateways/app.js';
import { gatewayAt } from '../../support/apps/gateways/classes.js';
import { platforms } from '../../support/apps/platforms.js';
import { closeAllApps } from '../../support/apps/running-app.js';
import { tlsFixture } from '../../support/apps/tls-fixture.js';
import { insideHttp2 } from '../../support/apps/transports.js';
import { TestClient } from '../../support/clients/test-client.js';
import { closeAllClients } from '../../support/clients/open-clients.js';
import { within } from '../../support/deadline.js';

class Refusing implements CanActivate {
  canActivate(): boolean {
    return false;
  }
}

@Controller()
class HouseController {
  @WebSocket('echo')
  echo(@Body() message: string): string {
    return message;
  }

  @WebSocket('refused')
  @UseGuards(Refusing)
  refused(): string {
    return 'unreachable';
  }
}

function clientIn(session: ClientHttp2Session, path: string): Promise<TestClient> {
  return TestClient.connect(`ws://127.0.0.1${path}`, {
    createConnection: () => openHttp2Socket(session),
  });
}

describe('a second server that speaks HTTP/2', () => {
  const servers: (Http2Server | Http2SecureServer)[] = [];
  const sessions: ClientHttp2Session[] = [];

  afterEach(async () => {
    await closeAllClients();
    await new Promise((resolve) => setImmediate(resolve));
    for (const session of sessions.splice(0)) session.destroy();
    await Promise.all(
      servers.splice(0).map((server) => new Promise((resolve) => server.close(resolve))),
    );
    await closeAllApps();
  });

  async function listen(server: Http2Server | Http2SecureServer): Promise<number> {
    servers.push(server);
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    const address = server.address();
    return typeof address === 'object' && address ? address.port : 0;
  }

  async function dial(origin: string): Promise<ClientHttp2Session> {
    const session = connect(origin, { rejectUnauthorized: false });
    sessions.push(session);
    session.on('error', () => undefined);
    await within(
      new Promise((resolve) => session.once('remoteSettings', resolve)),
      'the settings of the server',
    );
    return session;
  }

  const isOffered = ({ remoteSettings }: ClientHttp2Session): boolean =>
    remoteSettings.enableConnectProtocol === true;

  describe.each(platforms.filter(({ name }) => name === 'fastify'))('on $name', (platform) => {
    it.each([
      ['in clear', 'http', () => createServer()],
      ['over TLS', 'https', () => createSecureServer({ ...tlsFixture, allowHTTP1: true })],
    ] as const)('serves the routes %s, until it is released', async (_how, scheme, create) => {
      const app = await startApp(platform, { controllers: [HouseController] });
      const server = create();
      server.on('request', listenerOf(app.app));
      const before = server.eventNames().length;
      const release = app.app.get(WebSocketServers).attach(server);
      const origin = `${scheme}://127.0.0.1:${await listen(server)}`;
      const session = await dial(origin);
      expect(isOffered(session)).toBe(true);
      const client = await clientIn(session, '/echo');
      client.send('hi');
      expect(await client.text()).toBe('hi');
      await expect(clientIn(session, '/refused')).rejects.toMatchObject({ status: 403 });
      release();
      expect(server.eventNames()).toHaveLength(before);
      expect(isOffered(await dial(origin))).toBe(false);
      client.send('still');
      expect(await client.text()).toBe('still');
    });
  });

  describe.each(platforms.filter(({ name }) => name === 'express'))('on $name', (platform) => {
    it('is not offered, and serves HTTP/1.1 as before', async () => {
      const app = await startApp(platform, { controllers: [HouseController] });
      const server = createSecureServer({ ...tlsFixture, allowHTTP1: true });
      server.on('request', listenerOf(app.app));
      app.app.get(WebSocketServers).attach(server);
      const port = await listen(server);
      expect(isOffered(await dial(`https://127.0.0.1:${port}`))).toBe(false);
      const client = await TestClient.connect(`wss://127.0.0.1:${port}/echo`, {
        ca: tlsFixture.cert,
      });
      client.send('hi');
      expect(await client.text()).toBe('hi');
    });
  });
});

describe.each([insideHttp2])('gateways on $label', (platform) => {
  afterEach(closeAllApps);

  it('are served side by side in one session', async () => {
    const gateways = [gatewayAt(undefined, '/chat'), gatewayAt(undefined, '/news', 'news')];
    const { app } = await startGateways(platform, gateways);
    const clients = await Promise.all(
      Array.from({ length: 20 }, (_, index) => app.connect(index % 2 === 0 ? '/chat' : '/news')),
    );
    await Promise.all(
      clients.map(async (client, index) => {
        client.sendJson({ event: 'push', data: index });
        expect(await client.json()).toEqual({
          event: index % 2 === 0 ? 'pop' : 'news',
          data: index,
        });
      }),
    );
    await expect(app.connect('/nowhere')).rejects.toMatchObject({ status: 404 });
    const [first, ...others] = clients;
    expect(await first?.close(1000)).toMatchObject({ code: 1000, wasClean: true });
    const closing = app.close();
    for (const client of others) expect(await client.closed).toMatchObject({ code: 1001 });
    await closing;
  });

  it('are pinged, and limited in what they receive', async () => {
    const { app } = await startGateways(platform, [gatewayAt(undefined, '/chat')], {
      ping: 40,
      maxPayload: 100,
    });
    const client = await app.connect('/chat');
    for (let ping = 0; ping < 3; ping += 1) await client.nextPing();
    client.send('x'.repeat(101));
    expect(await client.closed).toMatchObject({ code: 1009 });
  });
});
