import { createServer as createHttpServer, type Server } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { WebSocketServers } from 'nestjs-revali-ws';
import { startApp } from '../../support/apps/app-factory.js';
import { expectUnknown, HouseModule } from '../../support/apps/house-app.js';
import { platforms } from '../../support/apps/platforms.js';
import { closeAllApps, type RunningApp } from '../../support/apps/running-app.js';
import { closeAllClients } from '../../support/clients/open-clients.js';
import { TestClient } from '../../support/clients/test-client.js';
import { tlsFixture } from '../../support/apps/tls-fixture.js';
import { shyListener } from '../../support/apps/upgrade-listeners.js';

const trusted = { ca: tlsFixture.cert };

describe.each(platforms)('other stacks on servers attached by hand, on $name', (platform) => {
  let second: Server | undefined;

  afterEach(async () => {
    await closeAllClients();
    await new Promise<void>((resolve) => {
      if (second) second.close(() => resolve());
      else resolve();
    });
    second = undefined;
    await closeAllApps();
  });

  async function portOf(server: Server): Promise<number> {
    second = server;
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    const address = server.address();
    if (typeof address !== 'object' || !address) throw new Error('the server has no port');
    return address.port;
  }

  function start(handshakeTimeout = 50): Promise<RunningApp> {
    return startApp(platform, { module: HouseModule, forRoot: { handshakeTimeout } });
  }

  it.each<[string, (server: Server) => unknown]>([
    ['destroys strangers', (server) => server.on('upgrade', (_, socket) => void socket.destroy())],
    ['ignores them', (server) => server.on('upgrade', () => undefined)],
  ])('a stranger gets its 404 over TLS, where the other %s', async (_, attach) => {
    const app = await start();
    const server = createHttpsServer(tlsFixture);
    attach(server);
    app.app.get(WebSocketServers).attach(server);
    const url = `wss://127.0.0.1:${await portOf(server)}/nowhere`;
    await expect(TestClient.connect(url, trusted)).rejects.toMatchObject({ status: 404 });
  });

  it('the other takes its own over TLS', async () => {
    const app = await start();
    const server = createHttpsServer(tlsFixture);
    app.app.get(WebSocketServers).attach(server);
    server.on('upgrade', shyListener());
    const client = await TestClient.connect(
      `wss://127.0.0.1:${await portOf(server)}/shed`,
      trusted,
    );
    client.send('hi');
    expect(await client.text()).toBe('shed: hi');
  });

  it('the other goes on when the server is let go of, with whom it has and with newcomers', async () => {
    const app = await start();
    const server = createHttpServer();
    const release = app.app.get(WebSocketServers).attach(server);
    server.on('upgrade', shyListener());
    const url = `ws://127.0.0.1:${await portOf(server)}/shed`;
    const early = await TestClient.connect(url);
    release();
    const late = await TestClient.connect(url);
    for (const client of [early, late]) {
      client.send('hi');
      expect(await client.text()).toBe('shed: hi');
    }
    expect(Object.hasOwn(server, 'emit')).toBe(false);
    // The application's own server is another matter.
    await expectUnknown(app);
  });
});
