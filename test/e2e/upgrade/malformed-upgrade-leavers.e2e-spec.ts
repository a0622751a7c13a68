import { Controller, Injectable, UseGuards, type CanActivate } from '@nestjs/common';
import { WebSocket } from 'nestjs-revali-ws';
import { startApp } from '../../support/apps/app-factory.js';
import { eventually } from '../../support/deadline.js';
import { unhandled, type UnhandledRecorder } from '../../support/faults/leaks.js';
import { platforms } from '../../support/apps/platforms.js';
import { closeAllApps, type RunningApp } from '../../support/apps/running-app.js';

/** A guard that says when it has begun, and waits to be let go. */
const slow = {
  begun: 0,
  waiting: [] as (() => void)[],
  letGo(): void {
    for (const resolve of slow.waiting.splice(0)) resolve();
  },
};

@Injectable()
class SlowGuard implements CanActivate {
  async canActivate(): Promise<boolean> {
    slow.begun += 1;
    await new Promise<void>((resolve) => slow.waiting.push(resolve));
    return true;
  }
}

let called = 0;

@Controller('example')
class SlowController {
  @WebSocket('slow', { triggerOnConnect: true })
  @UseGuards(SlowGuard)
  slow(): string {
    called += 1;
    return 'let in';
  }

  @WebSocket('quick', { triggerOnConnect: true })
  quick(): string {
    return 'quick';
  }
}

async function expectToServe(app: RunningApp): Promise<void> {
  const client = await app.connect('/example/quick');
  expect(await client.text()).toBe('quick');
  await client.close();
}

function openSockets(app: RunningApp): Promise<number> {
  return new Promise((resolve, reject) =>
    app.server.getConnections((error, count) => (error ? reject(error) : resolve(count))),
  );
}

async function expectNoSocket(app: RunningApp): Promise<void> {
  await eventually(
    async () => expect(await openSockets(app)).toBe(0),
    'the server to have no socket left',
  );
}

describe.each(platforms)('clients that leave during the handshake on $name', (platform) => {
  let recorder: UnhandledRecorder;

  beforeEach(() => {
    slow.begun = 0;
    called = 0;
    recorder = unhandled();
  });

  afterEach(async () => {
    slow.letGo();
    await closeAllApps();
    expect(await recorder.release()).toEqual([]);
  });

  it('by a reset do no harm, and their handler never runs', async () => {
    const app = await startApp(platform, { controllers: [SlowController] });
    const client = await app.raw();
    client.upgrade('/example/slow');
    await eventually(() => expect(slow.begun).toBe(1), 'the guard to begin');
    client.resetAndDestroy();
    await expectNoSocket(app);
    slow.letGo();
    await expectToServe(app);
    expect(called).toBe(0);
  });

  it('by a reset right after the request do no harm', async () => {
    const app = await startApp(platform, { controllers: [SlowController] });
    const clients = await Promise.all(Array.from({ length: 10 }, () => app.raw()));
    for (const client of clients) {
      client.upgrade('/example/slow');
      client.resetAndDestroy();
    }
    await expectNoSocket(app);
    slow.letGo();
    await expectToServe(app);
    expect(called).toBe(0);
  });

  it('by an ordinary end are let go', async () => {
    const app = await startApp(platform, { controllers: [SlowController] });
    const client = await app.raw();
    client.upgrade('/example/slow');
    await eventually(() => expect(slow.begun).toBe(1), 'the guard to begin');
    client.end();
    slow.letGo();
    await client.ended;
    await expectNoSocket(app);
    await expectToServe(app);
  });

  it('while they are refused do no harm', async () => {
    const app = await startApp(platform, { controllers: [SlowController] });
    for (const path of ['/nowhere', '/example//slow', '/example/quick']) {
      const client = await app.raw();
      client.upgrade(path, { headers: [['Sec-WebSocket-Version', '1']] });
      client.resetAndDestroy();
    }
    await expectNoSocket(app);
    await expectToServe(app);
  });
});
