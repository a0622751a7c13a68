import { connect } from '@nats-io/transport-node';
import { BrokerUnavailableException } from 'nestjs-revali-ws';
import type { NatsBrokerOptions } from 'nestjs-revali-ws/nats';

import { eventually } from '../../support/deadline.js';
import { TcpProxy } from '../../support/faults/tcp-proxy.js';
import { NatsServer } from '../../support/servers/nats-server.js';
import { NatsParty, ROOM } from './nats.stage.js';

/** What the broker says of it. */
async function outcomeOf(promise: Promise<unknown>): Promise<string> {
  const error: unknown = await promise.then(
    () => 'accepted',
    (reason: unknown) => reason,
  );
  return error instanceof BrokerUnavailableException ? error.outcome : String(error);
}

describe('NatsBroker, when NATS cannot be reached', () => {
  let server: NatsServer;
  let proxy: TcpProxy;
  const parties: NatsParty[] = [];

  const join = async (options: NatsBrokerOptions): Promise<NatsParty> => {
    const party = await NatsParty.connect(options);
    parties.push(party);
    await party.link.subscribe([ROOM]);
    return party;
  };
  const joinThroughProxy = (options: NatsBrokerOptions = {}): Promise<NatsParty> =>
    join({ servers: `127.0.0.1:${proxy.port}`, ...options });

  beforeAll(async () => {
    server = await NatsServer.start();
  });
  beforeEach(async () => {
    proxy = await TcpProxy.open(server.port);
  });
  afterEach(async () => {
    proxy.mend();
    await Promise.all(parties.splice(0).map(({ link }) => link.close()));
    await proxy.close();
  });
  afterAll(() => server.stop());

  it('refuses to connect where nobody listens', async () => {
    proxy.cut();
    await expect(joinThroughProxy()).rejects.toThrow();
  });

  it('tells that the link is lost and back, and subscribes nothing by itself', async () => {
    const far = await joinThroughProxy();
    const near = await join({ servers: server.url });
    proxy.reset();
    await far.until('lost', 'ready');
    await near.say('not subscribed');
    await far.link.subscribe([ROOM]);
    await near.say('subscribed');
    await far.hears('subscribed');
    await near.hears('not subscribed', 'subscribed');
  });

  it('refuses at once while there is no link, and sends nothing of it later', async () => {
    const far = await joinThroughProxy();
    const near = await join({ servers: server.url });
    proxy.cut();
    await far.until('lost');
    expect(await outcomeOf(far.say('refused'))).toBe('refused');
    expect(await outcomeOf(far.link.subscribe([ROOM]))).toBe('refused');
    proxy.mend();
    await far.until('lost', 'ready');
    await far.say('accepted');
    await near.hears('accepted');
  });

  it('does not know what became of a packet that was under way', async () => {
    const far = await joinThroughProxy();
    proxy.stall('toClient');
    const outcome = outcomeOf(far.say('under way'));
    const near = await join({ servers: server.url });
    await near.say('later');
    proxy.cut();
    expect(await outcome).toBe('unknown');
  });

  it('sees a black hole by the answer that does not come', async () => {
    const far = await joinThroughProxy({ pingInterval: 200 });
    const outcome = eventually(() => expect(far.changes).toEqual(['lost']), 'the end', 5_000);
    proxy.stall();
    await outcome;
    proxy.mend();
    await far.until('lost', 'ready');
  });

  it('closes though nobody answers', async () => {
    const far = await joinThroughProxy();
    proxy.stall();
    const said = outcomeOf(far.say('into a black hole'));
    await far.link.close();
    expect(await said).toBe('unknown');
    expect(far.changes).toEqual([]);
    expect(await outcomeOf(far.say('closed'))).toBe('refused');
  });

  it('comes back after the server has been killed', async () => {
    const party = await join({ servers: server.url });
    await server.kill();
    await party.until('lost');
    await server.restart();
    await party.until('lost', 'ready');
    await party.link.subscribe([ROOM]);
    await party.say('back');
    await party.hears('back');
  });

  it('takes connections of a factory, another one each time', async () => {
    let count = 0;
    const party = await join({
      connect: () => {
        count += 1;
        return connect({ servers: `127.0.0.1:${proxy.port}` });
      },
    });
    proxy.reset();
    await party.until('lost', 'ready');
    await party.link.subscribe([ROOM]);
    await party.say('back');
    await party.hears('back');
    expect(count).toBe(2);
  });

  it('passes credentials on, and says what the server says of them', async () => {
    const guarded = await NatsServer.start({
      settings: ['authorization { user: "ann", password: "secret" }'],
    });
    try {
      await expect(join({ servers: guarded.url, user: 'ann', pass: 'wrong' })).rejects.toThrow(
        /Authorization/i,
      );
      const party = await join({ servers: guarded.url, user: 'ann', pass: 'secret' });
      await party.say('in');
      await party.hears('in');
      await party.link.close();
    } finally {
      await guarded.stop();
    }
  });

  it('rejects a subscription that the server does not allow, and goes on', async () => {
    const guarded = await NatsServer.start({
      settings: [
        'authorization { users: [{ user: "a", password: "a", permissions: { subscribe: ["_INBOX.>", "rws.r.chat.YQ"] } }] }',
      ],
    });
    const options = { servers: guarded.url, user: 'a', pass: 'a' };
    try {
      await expect(join(options)).rejects.toThrow(BrokerUnavailableException);
      const party = parties.at(-1);
      await party?.link.subscribe(['chat/a']);
      await party?.link.publish('chat/a', Buffer.from('allowed'));
      await party?.hears('allowed');
      await party?.link.close();
    } finally {
      await guarded.stop();
    }
  });

  it('leaves no connection behind', async () => {
    const party = await joinThroughProxy();
    expect(proxy.connections).toHaveLength(1);
    await party.link.close();
    await eventually(() => expect(proxy.connections).toHaveLength(0), 'no connection');
  });

  it('takes any bytes of others for a packet, and throws at none', async () => {
    const party = await join({ servers: server.url });
    const foreign = await connect({ servers: server.url });
    const packets = ['', '\0', '{', 'x'.repeat(10_000)];
    for (const packet of packets) foreign.publish('rws.r.chat.Ymx1ZQ', packet);
    await foreign.flush();
    await party.hears(...packets);
    await foreign.close();
  });
});
