import { Body, Controller, Get, Injectable, UseGuards, type CanActivate } from '@nestjs/common';
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { WebSocket, type RevaliWsModuleOptions } from 'nestjs-revali-ws';
import type { Server } from 'node:http';

import { startApp } from '../../support/apps/app-factory.js';
import { startGateways } from '../../support/apps/gateways/app.js';
import { platforms } from '../../support/apps/platforms.js';
import { closeAllApps, type RunningApp } from '../../support/apps/running-app.js';
import { eventually } from '../../support/deadline.js';
import { text } from '../../support/raw/frames.js';
import type { RawClient } from '../../support/raw/raw-client.js';

const CLIENTS = 200;
const TEAPOT = "HTTP/1.1 418 I'm a teapot\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
/** A plain request that offers another protocol. */
const OFFER = 'GET /plain HTTP/1.1\r\nHost: here\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n';

async function connect(app: RunningApp): Promise<RawClient[]> {
  const clients: RawClient[] = [];
  for (let index = 0; index < CLIENTS; index += 1) clients.push(await app.raw());
  return clients;
}

/** All of them write in one turn, once they are connected. */
function upgradeAll(clients: readonly RawClient[]): void {
  for (const client of clients) client.upgrade('/storm');
}

describe.each(platforms)('a storm of handshakes, on $name', (platform) => {
  afterEach(closeAllApps);

  let begun = 0;
  let onFirst = (): void => undefined;
  let seenInside: number | undefined;

  @Injectable()
  class CountingGuard implements CanActivate {
    canActivate(): boolean {
      begun += 1;
      if (begun === 1) onFirst();
      return true;
    }
  }

  /** Keeps the event loop busy. */
  @Injectable()
  class SlowGuard implements CanActivate {
    canActivate(): boolean {
      const end = performance.now() + 2;
      while (performance.now() < end);
      return true;
    }
  }

  @Controller()
  class Chat {
    @WebSocket('inside')
    inside(@Body() message: string): string {
      seenInside = begun;
      return message;
    }

    @WebSocket('storm')
    @UseGuards(CountingGuard)
    storm(@Body() message: string): string {
      return message;
    }

    @WebSocket('slow')
    @UseGuards(SlowGuard)
    slow(): void {}

    @Get('plain')
    plain(): string {
      return 'plain';
    }
  }

  beforeEach(() => {
    begun = 0;
    onFirst = () => undefined;
    seenInside = undefined;
  });

  const start = (forRoot: RevaliWsModuleOptions = {}): Promise<RunningApp> =>
    startApp(platform, { controllers: [Chat], forRoot });

  it('lets those speak who are inside, and answers everybody', async () => {
    const app = await start();
    const inside = await app.connect('inside');
    const clients = await connect(app);
    onFirst = () => inside.send('still here');
    upgradeAll(clients);
    expect(await inside.text()).toBe('still here');
    expect(seenInside).toBeLessThan(CLIENTS / 2);
    for (const client of clients) expect((await client.response()).status).toBe(101);
  });

  it('may be larger than the handshakes that may be in progress', async () => {
    const app = await start({ maxPendingHandshakes: 1 });
    const clients = await connect(app);
    upgradeAll(clients);
    for (const client of clients) expect((await client.response()).status).toBe(101);
  });

  it('keeps what clients send before their turn, and their order', async () => {
    const app = await start();
    const clients = await connect(app);
    for (const [index, client] of clients.entries()) {
      client.upgrade('/storm');
      client.frame(text(`first of ${index}`));
      client.frame(text(`second of ${index}`));
    }
    for (const [index, client] of clients.entries()) {
      await client.response();
      for (const which of ['first', 'second'])
        expect((await client.nextFrame()).payload.toString()).toBe(`${which} of ${index}`);
    }
  });

  it('does without those who leave before their turn', async () => {
    const app = await start();
    const clients = await connect(app);
    onFirst = () => {
      for (const [index, client] of clients.entries()) {
        if (index % 4 === 1) client.resetAndDestroy();
        if (index % 4 === 2) client.end();
      }
    };
    upgradeAll(clients);
    for (const [index, client] of clients.entries())
      if (index % 4 === 0 || index % 4 === 3) expect((await client.response()).status).toBe(101);
    const server = app.app.getHttpServer() as Server;
    await eventually(
      () =>
        new Promise<void>((resolve, reject) =>
          server.getConnections((_error, count) =>
            count <= CLIENTS / 2 ? resolve() : reject(new Error(`${count} are left`)),
          ),
        ),
      'those who left to be gone',
    );
    expect(begun).toBeLessThan(CLIENTS);
  });

  it('is refused with 503 by a server that shuts down meanwhile', async () => {
    const app = await start();
    const clients = await connect(app);
    let closed: Promise<void> | undefined;
    onFirst = () => {
      closed = app.app.close();
    };
    upgradeAll(clients);
    const statuses = new Map<number, number>();
    for (const client of clients) {
      const { status } = await client.response();
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }
    for (const client of clients) client.destroy();
    await closed;
    expect([...statuses.keys()].every((status) => status === 101 || status === 503)).toBe(true);
    expect(statuses.get(503)).toBeGreaterThan(CLIENTS / 2);
  });

  it('may take longer than one handshake', async () => {
    const app = await start({ handshakeTimeout: 150 });
    const clients = await connect(app);
    for (const client of clients) client.upgrade('/slow');
    for (const client of clients) expect((await client.response()).status).toBe(101);
  });

  it('answers those who have ended their side', async () => {
    const app = await start();
    const nowhere = await connect(app);
    for (const client of nowhere) {
      client.upgrade('/nowhere');
      client.end();
    }
    for (const client of nowhere) expect((await client.response()).status).toBe(404);
    const plain = await connect(app);
    for (const client of plain) {
      client.write(OFFER);
      client.end();
    }
    for (const client of plain) expect((await client.response()).status).toBe(200);
  });

  it('leaves the sockets of others as they are, and their upgrades to them', async () => {
    const app = await start();
    const server = app.app.getHttpServer() as Server;
    const [timeouts, urls]: [unknown[], unknown[]] = [[], []];
    server.setTimeout(5_000);
    server.on('upgrade', ({ url }, socket) => {
      urls.push(url);
      timeouts.push(Reflect.get(socket, 'timeout'));
      socket.end(TEAPOT);
    });
    const clients = await connect(app);
    for (const [index, client] of clients.entries()) client.upgrade(`/${index}`);
    for (const client of clients) expect((await client.response()).status).toBe(418);
    expect(new Set(timeouts)).toEqual(new Set([5_000]));
    expect(urls).toHaveLength(CLIENTS);
  });

  it('goes to the other listener when the adapter leaves in the middle', async () => {
    @WebSocketGateway({ path: '/gateway' })
    class Gateway {
      @SubscribeMessage('any')
      any(): void {}
    }
    const { app, adapter } = await startGateways(platform, [Gateway]);
    let seen = 0;
    (app.app.getHttpServer() as Server).on('upgrade', (_request, socket) => {
      seen += 1;
      socket.end(TEAPOT);
      if (seen === 20) void adapter.dispose();
    });
    const clients = await connect(app);
    for (const client of clients) client.upgrade('/other');
    for (const client of clients) expect((await client.response()).status).toBe(418);
    expect(seen).toBe(CLIENTS);
  });
});
