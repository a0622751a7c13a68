import { jetstreamManager } from '@nats-io/jetstream';
import { connect, headers } from '@nats-io/transport-node';
import type { HistoryStep, RoomPosition } from 'nestjs-revali-ws';

import { eventually } from '../../support/deadline.js';
import { TcpProxy } from '../../support/faults/tcp-proxy.js';
import { NatsServer } from '../../support/servers/nats-server.js';
import { LIMITS, NatsParty, ROOM } from './nats.stage.js';

const numbers = (count: number): string[] => Array.from({ length: count }, (_, i) => `${i}`);

/** Each step follows the one before. */
function expectChain(start: RoomPosition, steps: readonly (HistoryStep | undefined)[]): void {
  let last = start;
  for (const step of steps) {
    if (!step) throw new Error('no step');
    expect({ offset: step.prevOffset, tag: step.prev }).toEqual(last);
    last = { offset: step.offset, tag: step.tag };
  }
}

describe('NatsBroker with JetStream', () => {
  let server: NatsServer;
  const parties: NatsParty[] = [];

  const join = async (servers = server.url): Promise<NatsParty> => {
    const party = await NatsParty.connect({ servers, jetStream: true });
    parties.push(party);
    await party.link.subscribe([ROOM]);
    return party;
  };

  beforeEach(async () => {
    server = await NatsServer.start({ jetStream: true });
  });
  afterEach(async () => {
    await Promise.all(parties.splice(0).map(({ link }) => link.close()));
    await server.stop();
  });

  it('goes on with the chain after the server was killed', async () => {
    const party = await join();
    const start = await party.position();
    for (const number of numbers(5)) await party.keep(number);
    const before = await party.position();
    await server.kill();
    await party.until('lost');
    await server.restart();
    await party.until('lost', 'ready');
    expect(await party.position()).toEqual(before);
    expect(await party.keptTexts(start)).toEqual(numbers(5));
    await party.link.subscribe([ROOM]);
    await party.position();
    await party.keep('5');
    await party.hears(...numbers(6));
    expectChain(start, party.steps);
  });

  it('never takes an empty server for the same history', async () => {
    const party = await join();
    const start = await party.position();
    const positions = [start];
    for (const number of numbers(5)) positions.push(await party.keep(number));
    await server.restartEmpty();
    await party.until('lost', 'ready');
    await party.link.subscribe([ROOM]);
    const fresh = await party.position();
    expect(positions).not.toContainEqual(fresh);
    for (const number of numbers(8)) await party.keep(`new ${number}`);
    const tags = new Set(positions.map(({ tag }) => tag));
    for (const position of positions) {
      const { entries, last } = await party.history.read(ROOM, position, 1);
      expect(tags).not.toContain(last.tag);
      const [first] = entries;
      if (!first) continue;
      const { prev, prevOffset } = first.step;
      expect({ offset: prevOffset, tag: prev }).not.toEqual(position);
    }
  });

  it('repeats once what was under way when the link broke', async () => {
    const proxy = await TcpProxy.open(server.port);
    const far = await join(`127.0.0.1:${proxy.port}`);
    const near = await join();
    const start = await near.position();
    // The server takes them, and its answers are lost.
    proxy.stall('toClient');
    const kept = numbers(20).map((number) => far.keep(number));
    await near.hears(...numbers(20));
    proxy.reset();
    proxy.mend();
    const positions = await Promise.all(kept);
    await far.keep('end');
    await near.hears(...numbers(20), 'end');
    expectChain(start, near.steps);
    expect(positions).toEqual(near.steps.slice(0, 20).map(positionOf));
    await far.link.close();
    await proxy.close();
  });

  it('keeps one order and one chain, whichever link publishes', async () => {
    const links = [await join(), await join(), await join()];
    const [one] = links;
    const start = await one?.position();
    if (!one || !start) throw new Error('no link');
    await Promise.all(
      links.flatMap((party, index) =>
        numbers(10).map((number) => party.keep(`${index} ${number}`)),
      ),
    );
    await eventually(
      () => expect(links.map(({ texts }) => texts.length)).toEqual([30, 30, 30]),
      'all of them',
    );
    for (const { steps, texts } of links) {
      expectChain(start, steps);
      expect(texts).toEqual(one.texts);
    }
    expect(await one.keptTexts()).toEqual(one.texts);
  });

  it('knows which message is in front of the oldest that it keeps', async () => {
    const party = await join();
    const positions: RoomPosition[] = [];
    for (const number of numbers(LIMITS.messages + 10)) positions.push(await party.keep(number));
    const { entries } = await party.history.read(ROOM, undefined, 1000);
    expect(entries).toHaveLength(LIMITS.messages);
    expectChain(
      positions[9] ?? { offset: 0, tag: '' },
      entries.map(({ step }) => step),
    );
    // What is in front of that is gone, and shows.
    const { entries: cut } = await party.history.read(ROOM, positions[8], 1);
    expect(cut[0]?.step.prev).not.toBe(positions[8]?.tag);
  });

  it('makes the stream again that somebody has deleted, as another history', async () => {
    const party = await join();
    const before = await party.keep('old');
    const own = await connect({ servers: server.url });
    const manager = await jetstreamManager(own);
    await manager.streams.delete('rws_history_chat');
    await expect(party.keep('refused')).rejects.toMatchObject({ outcome: 'refused' });
    await party.keep('new');
    expect(await party.keptTexts()).toEqual(['new']);
    expect(await party.position()).not.toEqual(before);
    await own.close();
  });

  it('refuses a stream with other limits, and names both', async () => {
    const party = await join();
    await party.link.close();
    const histories = new Map([['chat', { ...LIMITS, messages: 7 }]]);
    await expect(
      NatsParty.connect({ servers: server.url, jetStream: true }, histories),
    ).rejects.toThrow(/rws_history_chat.*max_msgs_per_subject 51.*8 is needed.*rooms\.prefix/);
  });

  it('refuses a server without JetStream, and says what to do', async () => {
    const bare = await NatsServer.start();
    try {
      await expect(NatsParty.connect({ servers: bare.url, jetStream: true })).rejects.toThrow(
        /has no JetStream.*nats-server -js/,
      );
    } finally {
      await bare.stop();
    }
  });

  it('leaves no timer and no socket behind', async () => {
    const held = (): string[] =>
      process.getActiveResourcesInfo().filter((name) => /Timeout|TCPSocket/.test(name));
    const before = held();
    const party = await join();
    await party.keep('1');
    await party.presence.renew('node', 60_000);
    await party.keptTexts();
    await party.link.close();
    await eventually(() => expect(held()).toEqual(before), 'nothing');
    expect(party.changes).toEqual([]);
  });

  it('is not led astray by messages of others', async () => {
    const party = await join();
    const start = await party.position();
    const foreign = await connect({ servers: server.url });
    const subject = 'rws.r.chat.Ymx1ZQ';
    const marks: Record<string, string>[] = [
      {},
      { 'Nats-Stream': 'another', 'Nats-Sequence': '7', 'Nats-Last-Sequence': '6' },
      {
        'Nats-Stream': 'rws_history_chat',
        'Nats-Subject': 'rws.h.chat.Ymx1ZQ',
        'Nats-Sequence': '-1',
      },
      {
        'Nats-Stream': 'rws_history_chat',
        'Nats-Subject': 'rws.h.chat.Ymx1ZQ',
        'Nats-Sequence': '9'.repeat(30),
      },
    ];
    for (const mark of marks) {
      const list = headers();
      for (const [name, value] of Object.entries(mark)) list.set(name, value);
      foreign.publish(subject, 'live', { headers: list });
    }
    // Somebody else writes into the stream itself.
    foreign.publish('rws.h.chat.Ymx1ZQ', 'kept');
    foreign.publish('rws.presence.nonsense', 'x');
    foreign.publish('rws.p.lease.!', 'x');
    foreign.publish('rws.p.node.chat.Ymx1ZQ.eA', '{');
    await foreign.flush();
    await party.hears('live', 'live', 'live', 'live', 'kept');
    expect(party.steps.slice(0, 4)).toEqual([undefined, undefined, undefined, undefined]);
    expectChain(start, party.steps.slice(4));
    await party.keep('own');
    expect(await party.keptTexts(start)).toEqual(['kept', 'own']);
    expect(await party.presence.read(ROOM)).toEqual([]);
    await foreign.close();
  });
});

const positionOf = (step: HistoryStep | undefined): RoomPosition => ({
  offset: step?.offset ?? -1,
  tag: step?.tag ?? '',
});
