import type { INestApplication } from '@nestjs/common';
import type { Server } from 'node:http';
import { startApp } from '../../support/apps/app-factory.js';
import {
  expectHouse,
  expectHouseGuarded,
  expectNoTrace,
  expectUnknown,
  HouseModule,
} from '../../support/apps/house-app.js';
import { platforms, type Platform } from '../../support/apps/platforms.js';
import { closeAllApps, type RunningApp } from '../../support/apps/running-app.js';
import { attachWsServer, httpServerOf, shyListener } from '../../support/apps/upgrade-listeners.js';

type Attach = (server: Server) => unknown;

/** Long enough for every answer that does not wait for it, and short enough to be awaited. */
const handshakeTimeout = 200;

/** When the other stack is attached: before our module takes the server, or after. */
const moments: readonly {
  when: string;
  start: (platform: Platform, attach: Attach) => Promise<RunningApp>;
}[] = [
  {
    when: 'before us',
    start: (platform, attach) =>
      startApp(platform, {
        module: HouseModule,
        forRoot: { handshakeTimeout },
        configure: (app: INestApplication) => void attach(httpServerOf(app)),
      }),
  },
  {
    when: 'after us',
    start: async (platform, attach) => {
      const app = await startApp(platform, { module: HouseModule, forRoot: { handshakeTimeout } });
      attach(httpServerOf(app.app));
      return app;
    },
  },
];

const manners: readonly { how: string; attach: Attach }[] = [
  {
    how: 'a listener that ignores strangers',
    attach: (server) => server.on('upgrade', shyListener()),
  },
  {
    how: 'one that was put first',
    attach: (server) => server.prependListener('upgrade', shyListener()),
  },
  { how: 'a ws server with a path', attach: (server) => attachWsServer(server) },
];

async function expectShed(app: RunningApp): Promise<void> {
  const client = await app.connect('/shed');
  client.send('hi');
  expect(await client.text()).toBe('shed: hi');
  client.send('bye');
  expect(await client.closed).toEqual({ code: 4003, reason: 'Shed', wasClean: true });
}

describe.each(platforms)('beside other listeners of upgrades on $name', (platform) => {
  afterEach(closeAllApps);

  describe.each(moments)('attached $when', ({ start }) => {
    describe.each(manners)('$how', ({ attach }) => {
      it('clients of both connect, talk and close', async () => {
        const app = await start(platform, attach);
        await Promise.all([expectHouse(app), expectShed(app)]);
      });

      it('guards and middleware of our routes refuse', async () => {
        await expectHouseGuarded(await start(platform, attach));
      });

      it('app.close() leaves nothing of ours, and the others as they were', async () => {
        const app = await start(platform, attach);
        const house = await app.connect('/house/chat');
        await app.close();
        expect(await house.closed).toMatchObject({ code: 1001 });
        expectNoTrace(app);
        expect(app.server.listenerCount('upgrade')).toBe(1);
      });
    });

    it('what is ignored by all is answered with 404 in the end', async () => {
      const app = await start(platform, (server) => server.on('upgrade', shyListener()));
      await expectUnknown(app);
    });

    it('what another answers is answered once', async () => {
      const app = await start(platform, (server) => attachWsServer(server));
      const client = await app.raw();
      client.upgrade('/nowhere');
      expect((await client.response()).status).toBe(400);
      await client.ended;
      expect(client.unread).toHaveLength(0);
    });
  });

  it('two others take theirs, though one of them destroys what is not its own', async () => {
    const app = await startApp(platform, {
      module: HouseModule,
      configure: (nest) => {
        httpServerOf(nest)
          .on('upgrade', ({ url }, socket) => {
            if (url !== '/barn') socket.destroy();
          })
          .on('upgrade', shyListener());
      },
    });
    await Promise.all([expectHouse(app), expectShed(app)]);
    await expectUnknown(app);
  });
});
