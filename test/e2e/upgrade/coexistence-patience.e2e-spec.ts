import type { Duplex } from 'node:stream';
import { startApp } from '../../support/apps/app-factory.js';
import { eventually } from '../../support/deadline.js';
import { gate } from '../../support/gate.js';
import { HouseModule, expectUnknown } from '../../support/apps/house-app.js';
import { unhandled } from '../../support/faults/leaks.js';
import { platforms } from '../../support/apps/platforms.js';
import { closeAllApps, type RunningApp } from '../../support/apps/running-app.js';
import {
  httpServerOf,
  shyListener,
  type UpgradeListener,
} from '../../support/apps/upgrade-listeners.js';

/** Much less than it takes others, in these tests, to make up their minds. */
const handshakeTimeout = 50;
const LONG_MS = 300;

const takeShed = shyListener();
const later = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, LONG_MS));

const partings: readonly { how: string; giveUp: (socket: Duplex) => unknown }[] = [
  { how: 'destroys it', giveUp: (socket) => socket.destroy() },
  { how: 'ends it', giveUp: (socket) => socket.end() },
  { how: 'ends it and waits', giveUp: (socket) => socket.end(() => socket.destroy()) },
  { how: 'does both', giveUp: (socket) => socket.end().destroy() },
];

describe.each(platforms)('an upgrade left to another listener on $name', (platform) => {
  afterEach(closeAllApps);

  function start(listener: UpgradeListener, timeout = handshakeTimeout): Promise<RunningApp> {
    return startApp(platform, {
      module: HouseModule,
      forRoot: { handshakeTimeout: timeout },
      configure: (app) => void httpServerOf(app).on('upgrade', listener),
    });
  }

  it('is taken after a while', async () => {
    const decision = gate();
    let asked = false;
    const app = await start((...upgrade) => {
      asked = true;
      void decision.opened.then(() => takeShed(...upgrade));
    }, 5000);
    const connecting = app.connect('/shed');
    await eventually(() => expect(asked).toBe(true), 'the listener to be asked');
    await expect(app.connect('/house/chat')).resolves.toBeDefined();
    decision.open();
    const client = await connecting;
    client.send('hi');
    expect(await client.text()).toBe('shed: hi');
  });

  it.each(['close', 'data'])(
    'is its own for as long as it likes, once it listens for %s',
    async (event) => {
      const app = await start((request, socket, head) => {
        socket.on(event, () => undefined);
        void later().then(() => takeShed(request, socket, head));
      });
      const client = await app.connect('/shed');
      client.send('hi');
      expect(await client.text()).toBe('shed: hi');
      // What watched the socket is gone: the other stack closes it as it is used to.
      client.send('bye');
      expect(await client.closed).toEqual({ code: 4003, reason: 'Shed', wasClean: true });
    },
  );

  it('is refused by it late, in its own words only', async () => {
    const app = await start((_request, socket) => {
      void later().then(() => {
        socket.write('HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
        socket.destroy();
      });
    }, 5000);
    const client = await app.raw();
    client.upgrade('/shed');
    expect((await client.response()).status).toBe(401);
    await client.ended;
    expect(client.unread).toHaveLength(0);
  });

  it('is refused by its end() with a text, and by nothing more', async () => {
    const app = await start((_request, socket) => {
      socket.end("HTTP/1.1 418 I'm a Teapot\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    });
    const client = await app.raw();
    client.upgrade('/shed');
    expect((await client.response()).status).toBe(418);
    await client.ended;
    expect(client.unread).toHaveLength(0);
  });

  describe.each(partings)(
    'is answered with 404 where that one $how without a word',
    ({ giveUp }) => {
      it('at once', async () => {
        await expectUnknown(await start((_request, socket) => void giveUp(socket), 5000));
      });

      it('later', async () => {
        const app = await start(
          (_request, socket) => void later().then(() => giveUp(socket)),
          5000,
        );
        await expectUnknown(app);
      });
    },
  );

  it('is cut without an answer where the listener says what went wrong', async () => {
    const app = await start((_request, socket) => {
      socket.on('error', () => undefined);
      socket.destroy(new Error('broken'));
    });
    const client = await app.raw();
    client.upgrade('/shed');
    await client.ended;
    expect(client.unread).toHaveLength(0);
  });

  it('is answered with 404 where nobody touches it within handshakeTimeout', async () => {
    const app = await start(() => undefined);
    await expectUnknown(app);
  });

  it('counts as a pending handshake until somebody answers it', async () => {
    const decision = gate();
    let asked = 0;
    const app = await startApp(platform, {
      module: HouseModule,
      forRoot: { maxPendingHandshakes: 2 },
      configure: (nest) => {
        httpServerOf(nest).on('upgrade', (...upgrade: Parameters<UpgradeListener>) => {
          asked += 1;
          void decision.opened.then(() => takeShed(...upgrade));
        });
      },
    });
    const connecting = [app.connect('/shed'), app.connect('/shed')];
    await eventually(() => expect(asked).toBe(2), 'the listener to be asked');
    for (const path of ['/house/chat', '/shed']) {
      const refused = await app.raw();
      refused.upgrade(path);
      const answer = await refused.response();
      expect(answer).toMatchObject({ status: 503, headers: { 'retry-after': ['5'] } });
    }
    expect(asked).toBe(2);
    decision.open();
    await Promise.all(connecting);
    await expect(app.connect('/house/chat')).resolves.toBeDefined();
    await expect(app.connect('/shed')).resolves.toBeDefined();
  });

  it('is not waited for by app.close()', async () => {
    let asked = false;
    const app = await start(() => void (asked = true), 60_000);
    const client = await app.raw();
    client.upgrade('/shed');
    await eventually(() => expect(asked).toBe(true), 'the listener to be asked');
    await app.close();
    expect((await client.response()).status).toBe(404);
    await client.ended;
  });

  it('whose client resets it meanwhile harms nobody', async () => {
    let asked: Duplex | undefined;
    const app = await start((_request, socket) => void (asked = socket));
    const recorder = unhandled();
    const client = await app.raw();
    client.upgrade('/shed');
    await eventually(() => expect(asked).toBeDefined(), 'the listener to be asked');
    client.resetAndDestroy();
    await eventually(() => expect(asked?.destroyed).toBe(true), 'the socket to be freed');
    expect(await recorder.release()).toEqual([]);
  });

  it('for another protocol is answered as the plain request that it also is', async () => {
    const app = await start((_request, socket) => void socket.destroy());
    const client = await app.raw();
    client.upgrade('/house/page', { headers: [['Upgrade', 'h2c']] });
    const { status, body } = await client.response();
    expect({ status, body }).toEqual({ status: 200, body: 'page' });
  });
});
