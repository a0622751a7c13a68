import { Body, Controller, Injectable, UseGuards, type CanActivate } from '@nestjs/common';
import { WebSocket } from 'nestjs-revali-ws';
import type { Server } from 'node:net';

import { startApp } from '../../support/apps/app-factory.js';
import { platforms } from '../../support/apps/platforms.js';
import { closeAllApps, type RunningApp } from '../../support/apps/running-app.js';
import { eventually } from '../../support/deadline.js';
import { text } from '../../support/raw/frames.js';
import type { RawClient } from '../../support/raw/raw-client.js';

const CLIENTS = 200;

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
  }

  beforeEach(() => {
    begun = 0;
    onFirst = () => undefined;
    seenInside = undefined;
  });

  const start = (maxPendingHandshakes = 1_000): Promise<RunningApp> =>
    startApp(platform, { controllers: [Chat], forRoot: { maxPendingHandshakes } });

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
    const app = await start(1);
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
});
