import { describe as nodeDescribe, it as nodeIt } from 'node:test';
import {
  MemoryBroker,
  type BrokerCapabilities,
  type BrokerEvents,
  type BrokerLink,
  type RoomBroker,
} from 'nestjs-revali-ws';
import { brokerContract, NoTestRunnerException, type TestRunner } from 'nestjs-revali-ws/testing';

/** Notes what is defined, and runs it when it is asked to. */
class NotingRunner implements TestRunner {
  readonly parts: string[] = [];
  readonly cases = new Map<string, () => Promise<void>>();

  readonly describe = (name: string, define: () => void): void => {
    this.parts.push(name);
    define();
  };

  readonly it = (name: string, run: () => Promise<void>): void => {
    expect(this.cases.has(name)).toBe(false);
    this.cases.set(name, run);
  };

  run(name: string): Promise<void> {
    const run = this.cases.get(name);
    if (!run) throw new Error(`There is no case "${name}".`);
    return run();
  }
}

/** A broker in memory whose links, or what they are told, have a fault. */
class FaultyBroker implements RoomBroker {
  readonly name = 'FaultyBroker';
  readonly capabilities = { history: true, presence: true };
  private readonly broker = new MemoryBroker();

  constructor(
    private readonly fault: {
      readonly link?: (link: BrokerLink) => Partial<BrokerLink>;
      readonly events?: (events: BrokerEvents) => Partial<BrokerEvents>;
    },
  ) {}

  async connect(events: BrokerEvents): Promise<BrokerLink> {
    const sound: BrokerEvents = {
      onPacket: (room, packet, step) => events.onPacket(room, packet, step),
      onLost: (rooms) => events.onLost(rooms),
      onReady: (rooms) => events.onReady(rooms),
      onNodeGone: (node) => events.onNodeGone(node),
    };
    const link = await this.broker.connect({ ...sound, ...this.fault.events?.(events) });
    return {
      history: link.history,
      presence: link.presence,
      subscribe: (rooms) => link.subscribe(rooms),
      unsubscribe: (rooms) => link.unsubscribe(rooms),
      publish: (room, packet, options) => link.publish(room, packet, options),
      close: () => link.close(),
      ...this.fault.link?.(link),
    };
  }
}

/** Each link is told what it has published itself a while later than others are. */
class ShufflingBroker implements RoomBroker {
  readonly name = 'ShufflingBroker';
  readonly capabilities: BrokerCapabilities = { order: 'sender' };
  private readonly broker = new MemoryBroker();

  async connect(events: BrokerEvents): Promise<BrokerLink> {
    const own = new Set<string>();
    const link = await this.broker.connect({
      onPacket: (room, packet) => {
        const isOwn = own.delete(packet.toString());
        setTimeout(() => events.onPacket(room, packet), isOwn ? 20 : 0);
      },
      onLost: (rooms) => events.onLost(rooms),
      onReady: (rooms) => events.onReady(rooms),
      onNodeGone: (node) => events.onNodeGone(node),
    });
    return {
      subscribe: (rooms) => link.subscribe(rooms),
      unsubscribe: (rooms) => link.unsubscribe(rooms),
      publish: (room, packet) => {
        own.add(packet.toString());
        return link.publish(room, packet);
      },
      close: () => link.close(),
    };
  }
}

function contractOf(createBroker: () => RoomBroker): NotingRunner {
  const runner = new NotingRunner();
  brokerContract(createBroker, runner);
  return runner;
}

describe('brokerContract()', () => {
  it('defines what the broker is capable of', () => {
    const all = contractOf(() => new MemoryBroker());
    expect(all.parts).toEqual([
      'MemoryBroker: subscriptions',
      'MemoryBroker: packets',
      'MemoryBroker: history',
      'MemoryBroker: presence',
    ]);
    const bare = contractOf(() => ({
      name: 'Bare',
      connect: (events) => new MemoryBroker().connect(events),
    }));
    expect(bare.parts).toEqual(['Bare: subscriptions', 'Bare: packets']);
  });

  it('takes the runner of Node', () => {
    const runner: TestRunner = { describe: nodeDescribe, it: nodeIt };
    expect(typeof runner.it).toBe('function');
  });

  it('says what is missing where there is no runner', () => {
    const { describe: kept } = globalThis;
    try {
      Reflect.deleteProperty(globalThis, 'describe');
      expect(() => brokerContract(() => new MemoryBroker())).toThrow(NoTestRunnerException);
    } finally {
      Object.assign(globalThis, { describe: kept });
    }
  });

  it('passes a broker without a fault', async () => {
    const runner = contractOf(() => new FaultyBroker({}));
    await runner.run('delivers to all links in one order, no matter who publishes');
    await runner.run('keeps one chain if several links publish');
  });

  it('asks a broker that keeps the order of each sender for no more', async () => {
    const shuffled = contractOf(() => new ShufflingBroker());
    await shuffled.run("delivers each sender's packets to all links in one order");
    await shuffled.run(
      "delivers each sender's packets to all links in one order, even if they publish during a delivery",
    );
    const inOneOrder = new ShufflingBroker();
    const asked = contractOf(() => Object.assign(inOneOrder, { capabilities: {} }));
    await expect(
      asked.run('delivers to all links in one order, no matter who publishes'),
    ).rejects.toThrow();
  });

  const faults: Record<string, [ConstructorParameters<typeof FaultyBroker>[0], string]> = {
    'tells twice': [
      {
        events: (events) => ({
          onPacket: (room, packet, step) => {
            events.onPacket(room, packet, step);
            events.onPacket(room, packet, step);
          },
        }),
      },
      'delivers to each link that has subscribed to the room, including the sender',
    ],
    'tells texts instead of bytes': [
      {
        events: (events) => ({
          onPacket: (room, packet) => events.onPacket(room, Buffer.from(packet.toString())),
        }),
      },
      'carries each byte unchanged',
    ],
    'ends no subscription': [
      { link: () => ({ unsubscribe: () => Promise.resolve() }) },
      'delivers nothing once the end of a subscription is confirmed',
    ],
    'ignores ids': [
      {
        link: (link) => ({
          publish: (room, packet, options) =>
            link.publish(room, packet, { ...options, id: undefined }),
        }),
      },
      'accepts a message with an id once, and answers with the same position again',
    ],
    'keeps everything': [
      {
        link: (link) => ({
          publish: (room, packet, options) =>
            link.publish(room, packet, { ...options, history: { messages: 1_000, age: 60_000 } }),
        }),
      },
      'keeps no more messages than the limit, and keeps the newest',
    ],
    'says that each lease was held': [
      {
        link: ({ presence }) => ({
          presence: presence && {
            ...presence,
            renew: async (node, ms) => {
              await presence.renew(node, ms);
              return true;
            },
          },
        }),
      },
      'forgets what a node had written before it left and came back',
    ],
    'has no lease': [
      {
        link: ({ presence }) => ({
          presence: presence && {
            renew: (node, ms) => presence.renew(node, ms),
            read: (room) => presence.read(room),
            count: (room) => presence.count(room),
            writeCount: (node, room, connections) => presence.writeCount(node, room, connections),
            leave: (node) => presence.leave(node),
            write: async (node, changes) => {
              await presence.renew(node, 60_000);
              await presence.write(node, changes);
            },
          },
        }),
      },
      'reads nothing of a node without a lease',
    ],
  };

  it.each(Object.entries(faults))('notices a broker that %s', async (_, [fault, guarantee]) => {
    const runner = contractOf(() => new FaultyBroker(fault));
    await expect(runner.run(guarantee)).rejects.toThrow();
  });
});
