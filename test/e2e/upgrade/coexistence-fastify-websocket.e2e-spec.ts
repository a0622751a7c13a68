import fastifyWebsocket from '@fastify/websocket';
import { Controller, Param } from '@nestjs/common';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyInstance } from 'fastify';
import { WebSocket, WebSocketPathTakenException } from 'nestjs-revali-ws';
import { startApp, type AppSetup } from '../../support/apps/app-factory.js';
import {
  expectHouse,
  expectHouseGuarded,
  expectHouseUnhurried,
  expectNoTrace,
  HouseModule,
} from '../../support/apps/house-app.js';
import { platforms } from '../../support/apps/platforms.js';
import { closeAllApps, type RunningApp } from '../../support/apps/running-app.js';
import { startFault } from '../../support/apps/start-fault.js';
import { talk } from '../../support/apps/upgrade-listeners.js';

type Register = (fastify: FastifyInstance) => unknown;

function shed(fastify: FastifyInstance): void {
  fastify.get('/shed', { websocket: true }, talk);
}

/** When the plugin is registered: before Nest sees the adapter, or when the application is there. */
const moments: readonly { when: string; setUp: (register: Register) => Promise<AppSetup> }[] = [
  {
    when: 'on the adapter',
    setUp: async (register) => {
      const adapter = new FastifyAdapter();
      await register(adapter.getInstance());
      return { adapter };
    },
  },
  {
    when: 'on the application',
    setUp: async (register) => {
      const adapter = new FastifyAdapter();
      return { adapter, configure: async () => void (await register(adapter.getInstance())) };
    },
  },
];

const withPlugin =
  (routes: Register): Register =>
  async (fastify) => {
    await fastify.register(fastifyWebsocket);
    await routes(fastify);
  };

async function expectShed(app: RunningApp): Promise<void> {
  const client = await app.connect('/shed');
  client.send('hi');
  expect(await client.text()).toBe('shed: hi');
  client.send('bye');
  expect(await client.closed).toEqual({ code: 4003, reason: 'Shed', wasClean: true });
}

const fastifyOnly = platforms.filter(({ name }) => name === 'fastify');

describe.each(fastifyOnly)('beside @fastify/websocket on $name', (platform) => {
  afterEach(closeAllApps);

  describe.each(moments)('registered $when', ({ setUp }) => {
    async function start(): Promise<RunningApp> {
      return startApp(platform, { module: HouseModule, ...(await setUp(withPlugin(shed))) });
    }

    it('clients of both connect, talk and close', async () => {
      const app = await start();
      await Promise.all([expectHouse(app), expectShed(app)]);
    });

    it('guards and middleware of our routes refuse', async () => {
      await expectHouseGuarded(await start());
    });

    it('a guard may take its time', async () => {
      await expectHouseUnhurried(await start());
    });

    it('the upgrade of an unknown path gets one 404, from Fastify', async () => {
      const app = await start();
      const client = await app.raw();
      client.upgrade('/nowhere');
      const { status, body } = await client.response();
      expect(status).toBe(404);
      expect(JSON.parse(body)).toMatchObject({ statusCode: 404, message: 'Cannot GET /nowhere' });
      await client.ended;
      expect(client.unread).toHaveLength(0);
    });

    it('app.close() ends the clients of both and leaves nothing of ours', async () => {
      const app = await start();
      const [house, other] = await Promise.all([app.connect('/house/chat'), app.connect('/shed')]);
      await app.close();
      expect(await house.closed).toMatchObject({ code: 1001 });
      // The plugin closes without a code.
      expect(await other.closed).toMatchObject({ code: 1005 });
      expectNoTrace(app);
    });
  });

  it('a wildcard of it gets what no route of ours takes', async () => {
    @Controller()
    class RoomController {
      @WebSocket(':room')
      enter(@Param('room') room: string): string {
        return `in ${room}`;
      }
    }
    const adapter = new FastifyAdapter();
    const app = await startApp(platform, {
      controllers: [RoomController],
      adapter,
      configure: async () => {
        await adapter.getInstance().register(fastifyWebsocket);
        adapter.getInstance().get('/*', { websocket: true }, talk);
      },
    });
    const ours = await app.connect('/attic');
    ours.send('?');
    expect(await ours.text()).toBe('in attic');
    const theirs = await app.connect('/attic/box');
    theirs.send('?');
    expect(await theirs.text()).toBe('shed: ?');
  });

  it.each<[string, Register]>([
    ['at once', (fastify) => fastify.get('/house/chat', { websocket: true }, talk)],
    [
      'in a plugin of its own',
      (fastify) => {
        void fastify.register(async (child: FastifyInstance) => {
          child.get('/house/chat', { websocket: true }, talk);
        });
      },
    ],
    [
      'beside an HTTP handler',
      (fastify) =>
        fastify.route({
          method: 'GET',
          url: '/house/chat',
          handler: () => 'http',
          wsHandler: talk,
        }),
    ],
  ])('a route of it on our path is refused at start: registered %s', async (_, routes) => {
    const adapter = new FastifyAdapter();
    const error = await startFault(platform, {
      module: HouseModule,
      adapter,
      configure: async () => void (await withPlugin(routes)(adapter.getInstance())),
    });
    expectTaken(error);
  });

  it('so is one that is registered when our routes are there already', async () => {
    const adapter = new FastifyAdapter();
    const error = await startFault(platform, {
      module: HouseModule,
      adapter,
      configure: async (app) => {
        await adapter.getInstance().register(fastifyWebsocket);
        await app.init();
        adapter.getInstance().get('/house/chat', { websocket: true }, talk);
      },
    });
    expectTaken(error);
  });
});

function expectTaken(error: Error): void {
  expect(error).toBeInstanceOf(WebSocketPathTakenException);
  expect(error.message).toBe(
    'HouseController.chat() serves /house/chat, and a route of @fastify/websocket serves ' +
      '/house/chat on the same server. Change one of the paths.',
  );
}
