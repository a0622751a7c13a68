import { connect } from '@nats-io/transport-node';
import { BrokerUnavailableException } from 'nestjs-revali-ws';
import type { NatsBrokerOptions } from 'nestjs-revali-ws/nats';

import { eventually } from '../../support/deadline.js';
import { freePort } from '../../support/servers/server.process.js';
import { NatsServer } from '../../support/servers/nats-server.js';
import { LIMITS, NatsParty, ROOM } from './nats.stage.js';

let ends: (() => unknown)[];

beforeEach(() => {
  ends = [];
});

afterEach(async () => {
  for (const end of ends.toReversed()) await end();
});

async function server(
  settings: readonly string[],
  options: { jetStream?: boolean } = {},
): Promise<NatsServer> {
  const started = await NatsServer.start({ settings, ...options });
  ends.push(() => started.stop());
  return started;
}

async function join(options: NatsBrokerOptions): Promise<NatsParty> {
  const party = await NatsParty.connect(options);
  ends.push(() => party.link.close());
  return party;
}

/** What the broker says of it. */
async function outcomeOf(promise: Promise<unknown>): Promise<string> {
  const error: unknown = await promise.then(
    () => 'accepted',
    (reason: unknown) => reason,
  );
  return error instanceof BrokerUnavailableException ? error.outcome : String(error);
}

describe('a NATS server that does not allow everything', () => {
  const USER = { user: 'a', pass: 'a' };

  it('rejects each message that may not be published, and no other', async () => {
    const { url } = await server(
      [
        'authorization { users: [{ user: "a", password: "a", permissions: { publish: { deny: ["rws.r.chat.YQ", "rws.h.chat.YQ"] } } }] }',
      ],
      { jetStream: true },
    );
    const party = await join({ servers: url, ...USER, jetStream: true });
    const publish = (room: string, history?: typeof LIMITS): Promise<string> =>
      outcomeOf(party.link.publish(room, Buffer.from(room), { history }));
    await party.link.subscribe(['chat/b']);
    const rooms = ['chat/a', 'chat/b', 'chat/a', 'chat/b', 'chat/a'];
    const expected = ['refused', 'accepted', 'refused', 'accepted', 'refused'];
    expect(await Promise.all(rooms.map((room) => publish(room)))).toEqual(expected);
    expect(await Promise.all(rooms.map((room) => publish(room, LIMITS)))).toEqual(expected);
    await party.hears('chat/b', 'chat/b', 'chat/b', 'chat/b');
    expect(party.changes).toEqual([]);
  });

  it('rejects subscriptions above its limit, and takes others when there is room', async () => {
    const { url } = await server(['max_subscriptions: 3']);
    const party = await join({ servers: url });
    await party.link.subscribe(['chat/1', 'chat/2', 'chat/3']);
    expect(await outcomeOf(party.link.subscribe(['chat/4']))).not.toBe('accepted');
    await party.link.unsubscribe(['chat/1']);
    await party.link.subscribe(['chat/4']);
    for (const room of ['chat/1', 'chat/2', 'chat/3', 'chat/4'])
      await party.link.publish(room, Buffer.from(room));
    await party.hears('chat/2', 'chat/3', 'chat/4');
  });

  it('refuses two rooms at once, and remembers neither', async () => {
    const { url } = await server(['max_subscriptions: 1']);
    const party = await join({ servers: url });
    await party.link.subscribe(['chat/1']);
    expect(await outcomeOf(party.link.subscribe(['chat/2', 'chat/3']))).not.toBe('accepted');
    await party.link.unsubscribe(['chat/1']);
    await party.link.subscribe(['chat/3']);
    await party.link.publish('chat/3', Buffer.from('3'));
    await party.hears('3');
  });
});

describe('a NATS server that does not come back', () => {
  it('says why it takes nobody', async () => {
    const settings = ['authorization { user: "a", password: "one" }'];
    const guarded = await server(settings);
    const party = await join({ servers: guarded.url, user: 'a', pass: 'one' });
    settings[0] = 'authorization { user: "a", password: "two" }';
    await guarded.restart();
    await party.until('lost');
    await eventually(async () => {
      const error: unknown = await party.say('lost').catch((reason: unknown) => reason);
      if (!(error instanceof BrokerUnavailableException)) throw new Error('no such error');
      expect(error.outcome).toBe('refused');
      expect(error.message).toMatch(/not connected: .*Authorization Violation/i);
    }, 'the reason');
  });

  it('is replaced by another one of its cluster, though that was not named', async () => {
    const [one, other] = [await freePort(), await freePort()];
    const first = await server([`cluster { name: c, listen: "127.0.0.1:${one}" }`]);
    await server([
      `cluster { name: c, listen: "127.0.0.1:${other}", routes: ["nats://127.0.0.1:${one}"] }`,
    ]);
    const watcher = await connect({ servers: first.url });
    ends.push(() => watcher.close());
    await eventually(
      () => expect(watcher.info?.connect_urls).toHaveLength(2),
      'the servers to know each other',
    );
    const party = await join({ servers: first.url });
    await first.kill();
    await party.until('lost', 'ready');
    await party.link.subscribe([ROOM]);
    await party.say('heard');
    await party.hears('heard');
  });
});

describe('JetStream', () => {
  it('makes the stream of presence again where somebody has deleted it', async () => {
    const { url } = await server([], { jetStream: true });
    const party = await join({ servers: url, jetStream: true });
    const admin = await connect({ servers: url });
    ends.push(() => admin.close());
    const { presence } = party;
    await presence.renew('node', 60_000);
    await admin.request('$JS.API.STREAM.DELETE.rws_presence', '');
    await expect(presence.renew('node', 60_000)).rejects.toThrow();
    expect(await presence.renew('node', 60_000)).toBe(false);
    await presence.write('node', [{ room: ROOM, change: 1, connection: 'c', member: '{}' }]);
    expect(await presence.count(ROOM)).toBe(1);
  });

  it.each([-1, 1])('keeps to the age of history by its own clock: %i hours off', async (hours) => {
    const { url } = await server([], { jetStream: true });
    const own = Date.now;
    Date.now = () => own() + hours * 60 * 60 * 1_000;
    try {
      const party = await join({ servers: url, jetStream: true });
      await party.keep('kept');
      expect(await party.keptTexts()).toEqual(['kept']);
    } finally {
      Date.now = own;
    }
  });
});
