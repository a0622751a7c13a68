import { jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import {
  MemoryBroker,
  type BrokerEvents,
  type BrokerLink,
  type RoomPosition,
} from 'nestjs-revali-ws';

const ROOM = 'chat/blue';
const KEPT = { messages: 100, age: 60_000 };
const LEASE = 15_000;

/** An application, which notes what it is told. */
class Application implements BrokerEvents {
  readonly told: string[] = [];
  onPacketOf: (text: string) => void = () => undefined;

  static async connect(broker: MemoryBroker, ...rooms: readonly string[]): Promise<Application> {
    const application = new Application();
    application.opened = await broker.connect(application);
    await application.link.subscribe(rooms);
    return application;
  }

  private opened: BrokerLink | undefined;

  get link(): BrokerLink {
    if (!this.opened) throw new Error('not connected');
    return this.opened;
  }

  onPacket(_room: string, packet: Buffer): void {
    this.told.push(packet.toString());
    this.onPacketOf(packet.toString());
  }

  onLost(): void {
    this.told.push('lost');
  }

  onReady(): void {
    this.told.push('ready');
  }

  onNodeGone(node: string): void {
    this.told.push(`gone ${node}`);
  }

  async say(text: string, id?: string): Promise<RoomPosition | undefined> {
    const { position } = await this.link.publish(ROOM, Buffer.from(text), { history: KEPT, id });
    return position;
  }

  async kept(): Promise<string[]> {
    const page = await this.link.history?.read(ROOM, undefined, 100);
    return page?.entries.map(({ packet }) => packet.toString()) ?? [];
  }

  async position(): Promise<RoomPosition | undefined> {
    return (await this.link.history?.positions([ROOM]))?.[0];
  }
}

async function two() {
  const broker = new MemoryBroker();
  const ann = await Application.connect(broker, ROOM);
  const bob = await Application.connect(broker, ROOM);
  return { broker, ann, bob };
}

/** Whether it has settled, and how, once everything that can happen at once has happened. */
async function outcomeOf(promise: Promise<unknown>): Promise<string> {
  let outcome = 'pending';
  promise.then(
    () => (outcome = 'resolved'),
    () => (outcome = 'rejected'),
  );
  await new Promise(setImmediate);
  return outcome;
}

describe('MemoryBroker', () => {
  it('tells everybody of a packet before publish() returns', async () => {
    const { ann, bob } = await two();
    void ann.say('1');
    expect([ann.told, bob.told]).toEqual([['1'], ['1']]);
  });

  it('tells what is published meanwhile to all in one order, before publish() returns', async () => {
    const { ann, bob } = await two();
    ann.onPacketOf = (text) => {
      if (text === '1') void ann.say('2');
    };
    bob.onPacketOf = (text) => {
      if (text === '1') void bob.say('3');
    };
    void bob.say('1');
    expect([ann.told, bob.told]).toEqual([
      ['1', '2', '3'],
      ['1', '2', '3'],
    ]);
  });

  it('goes on where an application fails at a packet, and says so', async () => {
    const logged = jest.spyOn(Logger.prototype, 'error').mockReturnValue();
    const { ann, bob } = await two();
    ann.onPacketOf = () => {
      throw new Error('a fault of Ann');
    };
    await ann.say('1');
    await bob.say('2');
    expect(logged).toHaveBeenCalledTimes(2);
    logged.mockRestore();
    expect([ann.told, bob.told]).toEqual([
      ['1', '2'],
      ['1', '2'],
    ]);
  });

  it('refuses what is asked of a closed link', async () => {
    const { ann } = await two();
    await ann.link.close();
    await expect(ann.say('1')).rejects.toThrow('connect() gives another one');
    await expect(ann.link.close()).resolves.toBeUndefined();
  });
});

describe('MemoryBroker, paused', () => {
  it('answers nothing and tells nothing, and does everything in order when it is resumed', async () => {
    const { broker, ann, bob } = await two();
    broker.pause();
    const commands = [ann.say('1'), bob.say('2'), bob.link.unsubscribe([ROOM]), ann.say('3')];
    expect(await Promise.all(commands.map(outcomeOf))).toEqual(commands.map(() => 'pending'));
    expect([ann.told, bob.told]).toEqual([[], []]);
    broker.resume();
    await Promise.all(commands);
    expect([ann.told, bob.told]).toEqual([
      ['1', '2', '3'],
      ['1', '2'],
    ]);
  });

  it('holds back those who would be told next, where the pause begins in between', async () => {
    const { broker, ann, bob } = await two();
    ann.onPacketOf = () => broker.pause();
    await ann.say('1');
    expect([ann.told, bob.told]).toEqual([['1'], []]);
    ann.onPacketOf = () => undefined;
    broker.resume();
    expect(bob.told).toEqual(['1']);
  });

  it('lets nobody connect until it is resumed', async () => {
    const { broker } = await two();
    broker.pause();
    const connecting = broker.connect(new Application());
    expect(await outcomeOf(connecting)).toBe('pending');
    broker.resume();
    await connecting;
  });

  it('keeps nobody from closing, and refuses what was under way', async () => {
    const { broker, ann, bob } = await two();
    broker.pause();
    const said = ann.say('1');
    said.catch(() => undefined);
    await ann.link.close();
    await expect(said).rejects.toThrow('closed');
    broker.resume();
    expect(bob.told).toEqual([]);
  });
});

describe('MemoryBroker.lose()', () => {
  it('keeps the next packets from everybody, though they are accepted and kept', async () => {
    const { broker, ann, bob } = await two();
    broker.lose(2);
    for (const text of ['1', '2', '3']) await ann.say(text);
    expect([ann.told, bob.told]).toEqual([['3'], ['3']]);
    expect(await bob.kept()).toEqual(['1', '2', '3']);
  });
});

describe('MemoryBroker.fork()', () => {
  it('forgets the newest messages, and gives their offsets to others with other tags', async () => {
    const { broker, ann } = await two();
    const before = await Promise.all(['1', '2', '3', '4'].map((text) => ann.say(text)));
    broker.fork(ROOM);
    expect(await ann.kept()).toEqual(['1', '2']);
    expect(await ann.position()).toEqual(before[1]);
    const again = await ann.say('other 3');
    expect(again?.offset).toBe(3);
    expect(again?.tag).not.toBe(before[2]?.tag);
    const page = await ann.link.history?.read(ROOM, before[1], 1);
    expect(page?.entries[0]?.step).toEqual({ ...again, prev: before[1]?.tag });
  });

  it('forgets as many as it is told, also all', async () => {
    const { broker, ann } = await two();
    const start = await ann.position();
    for (const text of ['1', '2', '3']) await ann.say(text);
    broker.fork(ROOM, 1);
    expect(await ann.kept()).toEqual(['1', '2']);
    broker.fork(ROOM, 2);
    expect(await ann.position()).toEqual(start);
  });

  it('forgets the ids of those messages', async () => {
    const { broker, ann } = await two();
    const first = await ann.say('1', 'first');
    await ann.say('2', 'second');
    broker.fork(ROOM, 1);
    expect(await ann.say('1', 'first')).toEqual(first);
    await ann.say('2 again', 'second');
    expect(await ann.kept()).toEqual(['1', '2 again']);
  });

  it('refuses to forget what is not kept', async () => {
    const { broker, ann } = await two();
    await ann.say('1');
    expect(() => broker.fork(ROOM, 2)).toThrow(
      'Room "chat/blue" cannot lose 2 messages: 1 are kept',
    );
    expect(() => broker.fork('chat/red')).toThrow('Publish them with history first');
    expect(await ann.kept()).toEqual(['1']);
  });
});

describe('MemoryBroker.partition()', () => {
  it('cuts one application off, and the others go on', async () => {
    const { broker, ann, bob } = await two();
    broker.partition(1);
    await ann.say('1');
    await expect(bob.say('2')).rejects.toThrow('partition() has cut this link');
    await expect(bob.kept()).rejects.toThrow('until heal()');
    expect([ann.told, bob.told]).toEqual([['1'], ['lost']]);
  });

  it('leaves an application without subscriptions when it is healed', async () => {
    const { broker, ann, bob } = await two();
    broker.partition(bob);
    broker.partition(bob);
    broker.heal(bob);
    broker.heal(bob);
    await ann.say('1');
    expect(bob.told).toEqual(['lost', 'ready']);
    await bob.link.subscribe([ROOM]);
    await ann.say('2');
    expect(bob.told).toEqual(['lost', 'ready', '2']);
    expect(await bob.kept()).toEqual(['1', '2']);
  });

  it('loses what was under way to the application, and refuses what it has asked for', async () => {
    const { broker, ann, bob } = await two();
    ann.onPacketOf = () => broker.pause();
    await ann.say('1');
    const asked = bob.say('2');
    asked.catch(() => undefined);
    broker.partition(bob);
    expect(await outcomeOf(asked)).toBe('rejected');
    broker.resume();
    broker.heal(bob);
    expect([ann.told, bob.told]).toEqual([['1'], ['lost', 'ready']]);
  });

  it('cuts all off, where it is not said whom', async () => {
    const { broker, ann, bob } = await two();
    broker.partition();
    await expect(ann.say('1')).rejects.toThrow('partition()');
    broker.heal();
    await ann.say('2');
    expect([ann.told, bob.told]).toEqual([
      ['lost', 'ready'],
      ['lost', 'ready'],
    ]);
  });

  it('lets the lease of a node run out that cannot renew it', async () => {
    jest.useFakeTimers();
    try {
      const { broker, ann, bob } = await two();
      await bob.link.presence?.renew('b', LEASE);
      broker.partition(bob);
      await jest.advanceTimersByTimeAsync(LEASE);
      expect([ann.told, bob.told]).toEqual([['gone b'], ['lost']]);
    } finally {
      jest.useRealTimers();
    }
  });

  it('closes an application that is cut off', async () => {
    const { broker, bob } = await two();
    broker.partition(bob);
    await bob.link.close();
    expect(() => broker.heal(bob)).toThrow('This application has no link to this MemoryBroker');
    expect(() => broker.partition(1)).toThrow('Application 1 has no link');
    expect(() => broker.partition(1)).toThrow('Connected: 0');
  });
});

describe('MemoryBroker.forget()', () => {
  it('starts again without history, presence, ids and subscriptions', async () => {
    const { broker, ann, bob } = await two();
    const first = await ann.position();
    await ann.say('1', 'id');
    await ann.link.presence?.renew('a', LEASE);
    await ann.link.presence?.writeCount('a', ROOM, 3);
    broker.forget();
    expect(await bob.kept()).toEqual([]);
    expect((await bob.position())?.offset).toBe(0);
    expect((await bob.position())?.tag).not.toBe(first?.tag);
    expect(await bob.link.presence?.count(ROOM)).toBe(0);
    expect((await ann.say('1', 'id'))?.offset).toBe(1);
    expect(await ann.kept()).toEqual(['1']);
    expect(bob.told).toEqual(['1', 'lost', 'ready']);
  });

  it('tells nothing to an application that is cut off already', async () => {
    const { broker, ann, bob } = await two();
    broker.partition(bob);
    broker.forget();
    expect([ann.told, bob.told]).toEqual([['lost', 'ready'], ['lost']]);
    broker.heal(bob);
    expect(bob.told).toEqual(['lost', 'ready']);
  });
});
