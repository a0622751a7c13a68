import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';

import { eventually } from '../../support/deadline.js';
import { TcpProxy } from '../../support/faults/tcp-proxy.js';
import { NatsServer } from '../../support/servers/nats-server.js';
import { NatsParty, ROOM } from './nats.stage.js';

const enter = (party: NatsParty, node: string, change: number): Promise<void> =>
  party.presence.write(node, [{ room: ROOM, change, connection: `c${change}`, member: '{}' }]);

describe('Presence over JetStream', () => {
  let server: NatsServer;
  let proxy: TcpProxy;
  const parties: NatsParty[] = [];

  const join = async (port = server.port): Promise<NatsParty> => {
    const party = await NatsParty.connect({ servers: `127.0.0.1:${port}`, jetStream: true });
    parties.push(party);
    return party;
  };

  /** Messages of the stream. */
  const stored = async (): Promise<number> => {
    const own = await connect({ servers: server.url });
    const { state } = await (await jetstreamManager(own)).streams.info('rws_presence');
    await own.close();
    return state.messages;
  };

  beforeEach(async () => {
    server = await NatsServer.start({ jetStream: true });
    proxy = await TcpProxy.open(server.port);
  });
  afterEach(async () => {
    await Promise.all(parties.splice(0).map(({ link }) => link.close()));
    await proxy.close();
    await server.stop();
  });

  it('forgets a node that is gone, in what is stored as well', async () => {
    const [dead, ...others] = [await join(proxy.port), await join(), await join()];
    await dead.presence.renew('dead', 500);
    for (let change = 1; change <= 20; change += 1) await enter(dead, 'dead', change);
    expect(await others[0]?.presence.count(ROOM)).toBe(20);
    proxy.cut();
    await eventually(
      () => expect(others.map(({ gone }) => gone)).toEqual([['dead'], ['dead']]),
      'the news',
    );
    expect(await others[1]?.presence.read(ROOM)).toEqual([]);
    await eventually(async () => expect(await stored()).toBe(0), 'nothing to be stored');
  });

  it('ends what was left by applications that are all gone, once there is one again', async () => {
    const dead = await join();
    await dead.presence.renew('dead', 500);
    await enter(dead, 'dead', 1);
    await dead.link.close();
    expect(await stored()).toBeGreaterThan(0);
    const next = await join();
    await eventually(async () => expect(await stored()).toBe(0), 'nothing to be stored');
    expect(await next.presence.read(ROOM)).toEqual([]);
  });

  it('does not take a node for dead that one link has not heard of', async () => {
    const [near, far] = [await join(), await join(proxy.port)];
    await near.presence.renew('near', 800);
    await enter(near, 'near', 1);
    const third = await join();
    proxy.stall('toClient');
    for (let count = 0; count < 8; count += 1) {
      await new Promise((resolve) => setTimeout(resolve, 200));
      expect(await near.presence.renew('near', 800)).toBe(true);
    }
    proxy.mend();
    expect(await far.presence.count(ROOM)).toBe(1);
    expect(await near.presence.renew('near', 800)).toBe(true);
    expect([third.gone, far.gone]).toEqual([[], []]);
  });

  it('holds a lease and its members over a restart of the server', async () => {
    const [one, two] = [await join(), await join()];
    await one.presence.renew('one', 60_000);
    await enter(one, 'one', 1);
    await server.kill();
    await Promise.all([one.until('lost'), two.until('lost')]);
    await server.restart();
    await Promise.all([one.until('lost', 'ready'), two.until('lost', 'ready')]);
    expect(await two.presence.count(ROOM)).toBe(1);
    expect(await one.presence.renew('one', 60_000)).toBe(true);
    expect(two.gone).toEqual([]);
  });

  it('says that a lease is a new one where the server has lost it', async () => {
    const one = await join();
    await one.presence.renew('one', 60_000);
    await enter(one, 'one', 1);
    await server.restartEmpty();
    await one.until('lost', 'ready');
    expect(await one.presence.renew('one', 60_000)).toBe(false);
    expect(await one.presence.read(ROOM)).toEqual([]);
    await enter(one, 'one', 1);
    expect(await one.presence.count(ROOM)).toBe(1);
  });

  it('stores nothing of a room that all have left', async () => {
    const one = await join();
    await one.presence.renew('one', 60_000);
    await enter(one, 'one', 1);
    await one.presence.writeCount('one', 'chat/red', 3);
    await one.presence.write('one', [
      { room: ROOM, change: 2, connection: 'c1', member: undefined },
    ]);
    await one.presence.writeCount('one', 'chat/red', 0);
    expect(await stored()).toBe(1);
    await one.presence.leave('one');
    expect(await stored()).toBe(0);
  });
});
