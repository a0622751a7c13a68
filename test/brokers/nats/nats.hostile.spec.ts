import { jest } from '@jest/globals';
import { jetstreamManager, type JetStreamManager, type StreamConfig } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { Logger } from '@nestjs/common';

import { eventually, sleep } from '../../support/deadline.js';
import { TcpProxy } from '../../support/faults/tcp-proxy.js';
import { gate } from '../../support/gate.js';
import { NatsServer } from '../../support/servers/nats-server.js';
import { LIMITS, NatsParty, ROOM } from './nats.stage.js';

describe('NatsBroker, where others use the same JetStream', () => {
  let server: NatsServer;
  let own: NatsConnection;
  let manager: JetStreamManager;
  const parties: NatsParty[] = [];

  const join = async (servers = server.url): Promise<NatsParty> => {
    const party = await NatsParty.connect({ servers, jetStream: true });
    parties.push(party);
    return party;
  };

  beforeEach(async () => {
    server = await NatsServer.start({ jetStream: true });
    own = await connect({ servers: server.url });
    manager = await jetstreamManager(own);
  });
  afterEach(async () => {
    await Promise.all(parties.splice(0).map(({ link }) => link.close()));
    await own.close();
    await server.stop();
  });

  it('never takes messages for neighbours between which some were dropped while it read', async () => {
    const proxy = await TcpProxy.open(server.port);
    const near = await join();
    const far = await join(`127.0.0.1:${proxy.port}`);
    let count = 0;
    const keep = async (many: number): Promise<void> => {
      for (const end = count + many; count < end; count += 1) await near.keep(`${count}`);
    };
    await keep(LIMITS.messages + 10);
    // Each message of the reader takes as long as many that are published.
    proxy.delay(10);
    let isReading = true;
    const reading = far.history.read(ROOM, undefined, 1000).finally(() => (isReading = false));
    while (isReading) {
      await keep(1);
      await sleep(4);
    }
    const { entries, last } = await reading;
    proxy.mend();
    expect(entries.length).toBeGreaterThan(2);
    entries.reduce((before, entry) => {
      const isNext = entry.step.prev === before.step.tag;
      if (isNext) expect(Number(entry.packet) - Number(before.packet)).toBe(1);
      return entry;
    });
    const { offset = -1, tag } = entries.at(-1)?.step ?? {};
    expect(last).toEqual({ offset, tag });
    await proxy.close();
  });

  it('makes the stream of presence again that somebody has deleted', async () => {
    const party = await join();
    await party.presence.renew('one', 60_000);
    await manager.streams.delete('rws_presence');
    await expect(party.presence.renew('one', 60_000)).rejects.toThrow();
    expect(await party.presence.renew('one', 60_000)).toBe(false);
    await party.presence.writeCount('one', ROOM, 3);
    expect(await party.presence.count(ROOM)).toBe(3);
  });

  it.each<[string, Partial<StreamConfig>, RegExp]>([
    ['drops what nobody consumes', { retention: 'interest' }, /retention "interest"/],
    ['answers to nothing', { no_ack: true }, /no_ack true/],
    ['forgets ids early', { duplicate_window: 1e8 }, /duplicate_window in ms 100/],
    [
      'takes no more of a full room',
      { discard: 'new', discard_new_per_subject: true },
      /discard_new_per_subject true/,
    ],
    [
      'tells nothing but headers',
      {
        republish: {
          src: 'rws.h.chat.*',
          dest: 'rws.r.chat.{{wildcard(1)}}',
          headers_only: true,
        },
      },
      /headers_only true/,
    ],
  ])('refuses a stream of rooms that %s', async (_what, settings, message) => {
    await manager.streams.add({
      name: 'rws_history_chat',
      subjects: ['rws.h.chat.*'],
      max_msgs_per_subject: LIMITS.messages + 1,
      max_age: 24 * 60 * 60 * 1e9,
      duplicate_window: 120 * 1e9,
      allow_direct: true,
      republish: { src: 'rws.h.chat.*', dest: 'rws.r.chat.{{wildcard(1)}}' },
      ...settings,
    });
    await expect(join()).rejects.toThrow(message);
  });

  it.each<[string, Partial<StreamConfig>, RegExp]>([
    ['other subjects', { subjects: ['foo.>'], max_msgs_per_subject: 1 }, /subjects \["foo\.>"\]/],
    ['nobody told of leases', { max_msgs_per_subject: 1 }, /republish\.src undefined/],
    ['an age', { max_msgs_per_subject: 1, max_age: 5e9 }, /max_age in ms 5000/],
  ])('refuses a stream of presence with %s', async (_what, settings, message) => {
    await manager.streams.add({ name: 'rws_presence', subjects: ['rws.p.>'], ...settings });
    await expect(join()).rejects.toThrow(message);
  });

  it('leaves leases alone that no node has written', async () => {
    const errors = jest.spyOn(Logger.prototype, 'error').mockReturnValue();
    const timers = jest.spyOn(globalThis, 'setTimeout');
    const party = await join();
    own.publish('rws.p.lease.ZmFy', '9999999999');
    own.publish('rws.p.lease.!', '1');
    await own.flush();
    await eventually(async () => {
      await party.presence.writeCount('far', ROOM, 1);
      expect(await party.presence.count(ROOM)).toBe(1);
    }, 'the lease');
    await sleep(1_500);
    const longest = Math.max(...timers.mock.calls.map(([, delay]) => delay ?? 0));
    const lines = errors.mock.calls.length;
    jest.restoreAllMocks();
    expect(lines).toBe(0);
    expect(longest).toBeLessThan(2 ** 31);
  });
});

describe('NatsBroker, where the server forbids something', () => {
  const settings = (subscribe: string): string[] => [
    `authorization { users: [{ user: a, password: a, permissions: { publish: ["rws.r.chat.YQ"], subscribe: [${subscribe}] } }] }`,
  ];

  it('rejects a packet that the server refuses, and only that', async () => {
    const server = await NatsServer.start({ settings: settings('">"') });
    const party = await NatsParty.connect({ servers: server.url, user: 'a', pass: 'a' });
    try {
      const packet = Buffer.from('x');
      const publish = (room: string): Promise<unknown> => party.link.publish(room, packet);
      const [allowed, forbidden] = await Promise.allSettled([publish('chat/a'), publish('chat/b')]);
      expect(allowed).toMatchObject({ status: 'fulfilled' });
      expect(forbidden).toMatchObject({ reason: { outcome: 'refused' } });
      await publish('chat/a');
    } finally {
      await party.link.close();
      await server.stop();
    }
  });

  it('tells that a room is lost whose subscription the server ends', async () => {
    const server = await NatsServer.start({ settings: settings('"_INBOX.>", "rws.r.>"') });
    const party = await NatsParty.connect({ servers: server.url, user: 'a', pass: 'a' });
    try {
      await party.link.subscribe(['chat/a', 'chat/b']);
      server.reload(settings('"_INBOX.>", "rws.r.chat.YQ"'));
      await party.until('lost', 'ready');
      await expect(party.link.subscribe(['chat/b'])).rejects.toThrow();
      await party.link.publish('chat/a', Buffer.from('x'));
      await party.hears('x');
    } finally {
      await party.link.close();
      await server.stop();
    }
  });
});

describe('The link of NatsBroker', () => {
  let server: NatsServer;
  beforeAll(async () => {
    server = await NatsServer.start({ jetStream: true });
  });
  afterAll(() => server.stop());

  it('rejects what was said in the turn in which it broke', async () => {
    const connections: NatsConnection[] = [];
    const party = await NatsParty.connect({
      connect: async () => {
        const connection = await connect({ servers: server.url });
        connections.push(connection);
        return connection;
      },
    });
    const said = party.say('x');
    void connections[0]?.close();
    await expect(said).rejects.toMatchObject({ name: 'BrokerUnavailableException' });
    await party.link.close();
  });

  it('keeps no timer and no connection when it is closed while it comes back', async () => {
    const held = gate();
    let count = 0;
    const proxy = await TcpProxy.open(server.port);
    const party = await NatsParty.connect({
      jetStream: true,
      connect: async () => {
        count += 1;
        if (count > 1) await held.opened;
        return connect({ servers: `127.0.0.1:${proxy.port}` });
      },
    });
    await party.presence.renew('dead', 100);
    proxy.reset();
    await eventually(() => expect(count).toBe(2), 'another try');
    await party.link.close();
    const accepted = proxy.accepted;
    held.open();
    await eventually(() => expect(proxy.accepted).toBe(accepted + 1), 'the late connection');
    await eventually(() => expect(proxy.connections).toHaveLength(0), 'its end');
    await sleep(100);
    expect(process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap')).toEqual([]);
    await proxy.close();
  });
});
