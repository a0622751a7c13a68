import { Body, Controller, Injectable, Module, type OnModuleDestroy } from '@nestjs/common';
import { JoinRoom, RevaliWsModule, Room, Rooms, WebSocket, WebSocketRooms } from 'nestjs-revali-ws';
import { cluster, connect, type Cluster } from 'nestjs-revali-ws/testing';

import { eventually, within } from '../../support/deadline.js';
import { platforms } from '../../support/apps/platforms.js';

@WebSocketRooms('chat', { history: { messages: 100, age: '1m' }, presence: true })
class ChatRooms extends Rooms {}

class Greeting {
  text = 'hello';
}

const destroyed: Ender[] = [];

@Injectable()
class Ender implements OnModuleDestroy {
  onModuleDestroy(): void {
    destroyed.push(this);
  }
}

@Controller('chat')
class ChatController {
  constructor(private readonly greeting: Greeting) {}

  @JoinRoom(ChatRooms, ':room')
  @WebSocket(':room', { format: 'text' })
  say(@Body() text: string, room: Room): Promise<void> {
    return room.broadcast(`${this.greeting.text} ${text}`);
  }
}

const unreachable = {
  name: 'Unreachable',
  capabilities: { history: true, presence: true },
  connect: () => Promise.reject(new Error('nobody is there')),
};

@Module({
  imports: [RevaliWsModule.forRoot({ rooms: { broker: unreachable, nodeLease: 1000 } })],
  controllers: [ChatController],
  providers: [ChatRooms, Greeting, Ender],
})
class AppModule {}

describe.each(platforms)('a cluster on $name', ({ createAdapter }) => {
  const started: Cluster[] = [];
  const start = async (
    count: number,
    options?: Parameters<typeof cluster>[2],
  ): Promise<Cluster> => {
    const one = await cluster(AppModule, count, { adapter: createAdapter, ...options });
    started.push(one);
    return one;
  };
  const appOf = ({ apps }: Cluster, index: number) => {
    const app = apps[index];
    if (!app) throw new Error(`there is no application ${index}`);
    return app;
  };

  beforeEach(() => destroyed.splice(0));
  afterEach(async () => {
    await within(Promise.all(started.splice(0).map((one) => one.close())), 'close()', 6000);
  });

  it('shares one broker, whatever the module says', async () => {
    const nodes = await start(3);
    const [ann, bob, eve] = await Promise.all(
      nodes.apps.map((app) => connect(app, '/chat/blue', { resume: true })),
    );
    ann?.send('everybody');
    expect([await ann?.text(), await bob?.text(), await eve?.text()]).toEqual(
      Array.from({ length: 3 }, () => 'hello everybody'),
    );
    expect(bob?.position('chat/blue')).toBe(eve?.position('chat/blue'));
  });

  it('lets a client go on at another application', async () => {
    const nodes = await start(2);
    const ann = await connect(appOf(nodes, 0), '/chat/blue', { resume: true });
    await ann.notice('joined');
    await ann.close();
    await appOf(nodes, 1).get(ChatRooms).at('blue').broadcast('missed');
    const again = await connect(appOf(nodes, 1), '/chat/blue', { resume: ann });
    expect((await again.notice('joined')).recovered).toBe(true);
    expect(await again.text()).toBe('missed');
  });

  it('numbers its applications in the broker as they stand in the list', async () => {
    const nodes = await start(2);
    nodes.broker.partition(1);
    expect(nodes.apps.map((app) => app.get(ChatRooms).status)).toEqual(['ready', 'lost']);
    nodes.broker.heal(1);
    expect(appOf(nodes, 1).get(ChatRooms).status).toBe('ready');
  });

  it('tells members of a gap', async () => {
    const nodes = await start(2);
    const bob = await connect(appOf(nodes, 1), '/chat/blue', { resume: true });
    await bob.notice('joined');
    nodes.broker.partition(1);
    nodes.broker.forget();
    nodes.broker.heal(1);
    expect(await bob.notice('gap')).toMatchObject({ type: 'gap', room: 'chat/blue' });
  });

  it('takes overrides and settings of each application', async () => {
    const nodes = await start(2, {
      override: (builder, index) =>
        builder.overrideProvider(Greeting).useValue({ text: `${index}:` }),
      configure: (app, index) => app.setGlobalPrefix(`node-${index}`),
    });
    const ann = await connect(appOf(nodes, 1), '/node-1/chat/blue');
    ann.send('hi');
    expect(await ann.text()).toBe('1: hi');
  });

  it.each([false, true])(
    'cuts the sockets of an application that is killed, and lets nobody in (listening: %s)',
    async (listening) => {
      const nodes = await start(2, {
        configure: (app) => (listening ? app.listen(0, '127.0.0.1') : undefined),
      });
      const [ann, bob] = await Promise.all(nodes.apps.map((app) => connect(app, '/chat/blue')));
      await appOf(nodes, 1).kill();
      expect((await bob?.closed)?.code).toBe(1006);
      await expect(connect(appOf(nodes, 1), '/chat/blue')).rejects.toMatchObject({
        name: 'HandshakeFailedException',
        cause: { code: 'ECONNREFUSED' },
      });
      ann?.send('survivor');
      expect(await ann?.text()).toBe('hello survivor');
    },
  );

  it('leaves it to the lease that others see who was in a killed application', async () => {
    const nodes = await start(2);
    const watching = appOf(nodes, 0).get(ChatRooms).at('blue');
    await connect(appOf(nodes, 1), '/chat/blue');
    const becomes = (count: number): Promise<void> =>
      eventually(async () => expect((await watching.count()).connections).toBe(count), 'count');
    await becomes(1);
    await appOf(nodes, 1).kill();
    expect((await watching.count()).connections).toBe(1);
    await becomes(0);
  });

  it('keeps a killed application away from the broker, and runs its hooks at close() alone', async () => {
    const nodes = await start(2);
    const killed = appOf(nodes, 1);
    await killed.kill();
    await killed.kill();
    nodes.broker.heal();
    expect(killed.get(ChatRooms).status).toBe('lost');
    await expect(killed.get(ChatRooms).at('blue').broadcast('ghost')).rejects.toThrow(
      'Rooms are not available',
    );
    expect(destroyed).toEqual([]);
    await nodes.close();
    expect(new Set(destroyed)).toEqual(new Set(nodes.apps.map((app) => app.get(Ender))));
    await killed.kill();
  });

  it('closes what has started where one of them fails', async () => {
    const failing = start(3, {
      configure: (_app, index) => {
        if (index === 2) throw new Error('the third one fails');
      },
    });
    await expect(failing).rejects.toThrow('the third one fails');
    expect(destroyed.length).toBe(3);
  });

  it('refuses a count that is none', async () => {
    await expect(start(0)).rejects.toThrow('cluster() starts 1 application or more, not 0.');
  });
});
