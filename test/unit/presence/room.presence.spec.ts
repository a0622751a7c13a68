import { jest } from '@jest/globals';
import * as fc from 'fast-check';
import type { PresenceChange } from 'nestjs-revali-ws';

import { readCard, writeCard } from '../../../lib/presence/member.card.js';
import { readPresence, writePresence } from '../../../lib/presence/presence.order.js';
import { PresenceReplica } from '../../../lib/presence/presence.replica.js';
import { RoomPresence, type PresenceKind } from '../../../lib/presence/room.presence.js';
import { eventually } from '../../support/deadline.js';
import { PresenceBroker, type PresenceLink } from '../../support/faults/presence-broker.js';

const ROOM = 'chat/blue';
const kind: PresenceKind = {
  name: 'chat',
  presence: true,
  linger: 0,
  describe: ({ id }) => ({ key: id }),
};

function application(
  broker: PresenceBroker,
  nodeLease = 60_000,
): { presence: RoomPresence; link: PresenceLink } {
  const link = broker.link({
    onPacket: (room, packet) => void presence.obey(room, packet),
    onLost: () => presence.onLost(),
    onReady: () => void presence.onReady(),
    onNodeGone: (node) => presence.onNodeGone(node),
  });
  const presence = new RoomPresence({
    nodeLease,
    tellsOfNodes: true,
    isReady: () => link.state === 'up',
    ask: (call) => call(link.presence),
    publish: (room, order) => link.publish(room, Buffer.from(order)),
    hold: async (room) => {
      await link.subscribe([room]);
      return () => void link.unsubscribe([room]);
    },
    onFailed: () => undefined,
  });
  return { presence, link };
}

function join(presence: RoomPresence, id: string): void {
  const connection = { id };
  presence.announce(kind, { key: ROOM, name: 'blue' }, connection, undefined);
  presence.entered(kind, ROOM, connection);
}

function watch(presence: RoomPresence): { told: string[]; stop: () => void } {
  const told: string[] = [];
  const subscription = presence.watch(kind, ROOM).subscribe((change: PresenceChange) => {
    told.push('key' in change ? `${change.type} ${change.key}` : change.type);
  });
  return { told, stop: () => subscription.unsubscribe() };
}

describe('RoomPresence', () => {
  it('comes back where its application is said to be gone and lives', async () => {
    const broker = new PresenceBroker();
    const [one, two] = [application(broker), application(broker)];
    const { told, stop } = watch(one.presence);
    join(two.presence, 'ann');
    join(two.presence, 'bob');
    await eventually(() => expect(told).toEqual(['here', 'joined ann', 'joined bob']), 'both');
    broker.end(two.presence.node);
    expect(told.slice(3)).toEqual(['left ann', 'left bob']);
    await eventually(() => expect(told.slice(5)).toEqual(['joined ann', 'joined bob']), 'both');
    stop();
  });

  it('reads a snapshot again that an application has left meanwhile', async () => {
    const work: (() => void)[] = [];
    let isHeld = false;
    const broker = new PresenceBroker((lane, run) => {
      if (isHeld && lane === 'ask 0') work.push(run);
      else run();
    });
    const [one, two] = [application(broker), application(broker)];
    join(two.presence, 'ann');
    await eventually(() => expect(broker.rooms.has(ROOM)).toBe(true), 'ann');
    const reads = () => broker.calls.filter((call) => call === 'read').length;
    const { told, stop } = watch(one.presence);
    // Its answer is on its way when the application goes.
    isHeld = true;
    await eventually(() => expect(work.length).toBeGreaterThan(0), 'a question');
    one.presence.onNodeGone('somebody');
    isHeld = false;
    for (const run of work) run();
    await eventually(() => expect(told).toEqual(['here']), 'the list');
    expect(reads()).toBe(2);
    stop();
  });

  it('writes all again where its store has forgotten it, and nobody has told', async () => {
    const broker = new PresenceBroker();
    const { presence } = application(broker, 600);
    const told: string[] = [];
    jest.spyOn(presence, 'onNodeGone').mockImplementation((node) => void told.push(node));
    join(presence, 'ann');
    expect(await presence.count(kind, ROOM)).toEqual({ connections: 1 });
    broker.forget();
    expect(await presence.count(kind, ROOM)).toEqual({ connections: 0 });
    await eventually(async () => {
      expect(await presence.count(kind, ROOM)).toEqual({ connections: 1 });
    }, 'ann');
    // Else it would be the end of the lease that tells.
    expect(told).toEqual([]);
    presence.close();
  });

  it('lets those go within a lease whose application was gone before its order came', async () => {
    const broker = new PresenceBroker();
    const { presence } = application(broker, 50);
    const { told, stop } = watch(presence);
    await eventually(() => expect(told).toEqual(['here']), 'the list');
    const [change, connection, isAll] = [1, 'ann', true];
    const member = writeCard('chat', { key: 'ann' }, 1);
    const orders = writePresence('gone', [{ room: ROOM, change, connection, member, isAll }]);
    for (const [room, order] of orders) presence.obey(room, Buffer.from(order));
    expect(told).toEqual(['here', 'joined ann']);
    await eventually(() => expect(told.slice(2)).toEqual(['left ann']), 'her end');
    expect(broker.calls.filter((call) => call === 'read')).toHaveLength(2);
    stop();
  });

  it('reads a room once, however many watch, and lets it go with the last of them', async () => {
    const broker = new PresenceBroker();
    const { presence, link } = application(broker);
    const watchers = [watch(presence), watch(presence), watch(presence)];
    await eventually(() => expect(watchers.at(-1)?.told).toEqual(['here']), 'the list');
    expect(broker.calls.filter((call) => call === 'read')).toHaveLength(1);
    expect(presence.metrics).toEqual({ entries: 0, watchers: 3, writes: 0 });
    watchers[0]?.stop();
    watchers[1]?.stop();
    expect(link.subscribed.size).toBe(1);
    watchers[2]?.stop();
    expect(link.subscribed.size).toBe(0);
    expect(presence.metrics.watchers).toBe(0);
  });

  it('writes all of a turn at once, and at most 512 changes', async () => {
    const broker = new PresenceBroker();
    const { presence } = application(broker);
    for (let index = 0; index < 1_000; index += 1) join(presence, `c${index}`);
    expect(await presence.count(kind, ROOM)).toEqual({ connections: 1_000 });
    const writes = broker.calls.filter((call) => call.startsWith('write'));
    expect(writes).toEqual(['write 512', 'write 488']);
    expect(broker.calls.filter((call) => call === 'renew')).toHaveLength(1);
    presence.close();
  });

  it('writes nothing of one who has come and gone in one turn', async () => {
    const broker = new PresenceBroker();
    const { presence } = application(broker);
    join(presence, 'ann');
    presence.left(kind, ROOM, { id: 'ann' });
    expect(await presence.list(kind, ROOM)).toEqual([]);
    expect(broker.calls.filter((call) => /write|renew/.test(call))).toEqual([]);
  });

  it('is not disturbed by packets that nobody of its kind has sent', async () => {
    const broker = new PresenceBroker();
    const { presence } = application(broker);
    const { told, stop } = watch(presence);
    await eventually(() => expect(told).toEqual(['here']), 'the list');
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.string(), fc.jsonValue().map(hereOf)), (text) => {
        presence.obey(ROOM, Buffer.from(text));
      }),
    );
    expect(told.filter((each) => !/^(here|left|joined)/.test(each))).toEqual([]);
    stop();
  });
});

function hereOf(value: unknown): string {
  return JSON.stringify({ here: Array.isArray(value) ? value : ['node', value] });
}

describe('PresenceReplica', () => {
  const card = (key: string, at = 1) => writeCard('chat', { key, at }, at);
  const delta = (
    change: number,
    connection: string,
    member: string | undefined,
    isAll = false,
  ) => ({
    change,
    connection,
    member,
    isAll,
  });

  it('ignores what its snapshot contains, and tells a hole', () => {
    const replica = new PresenceReplica();
    const entries = [{ connection: 'x', member: card('ann') }];
    replica.load([{ node: 'n', change: 5, connections: 1, entries }]);
    expect(replica.apply('n', delta(5, 'x', undefined, true))).toEqual(new Set());
    expect(replica.list()).toMatchObject([{ key: 'ann' }]);
    expect(replica.apply('n', delta(7, 'y', card('bob')))).toBeUndefined();
    expect(replica.apply('m', delta(2, 'z', card('eve')))).toBeUndefined();
    expect(replica.apply('n', delta(6, 'y', card('bob')))).toEqual(new Set(['bob']));
    expect(replica.apply('n', delta(9, 'y', card('bob'), true))).toEqual(new Set(['ann', 'bob']));
    expect(replica.list()).toMatchObject([{ key: 'bob', connections: 1 }]);
  });

  it('lets the latest card of a key speak, in whichever order they come', () => {
    const cards = [1, 2, 3].map((at) => ({ connection: `c${at}`, member: card('ann', at) }));
    fc.assert(
      fc.property(fc.shuffledSubarray(cards, { minLength: 1 }), (entries) => {
        const replica = new PresenceReplica();
        replica.load([{ node: 'n', change: 1, connections: 0, entries }]);
        const latest = Math.max(...entries.map(({ member }) => readCard(member)?.at ?? 0));
        const connections = entries.length;
        expect(replica.list()).toEqual([{ key: 'ann', member: { at: latest }, connections }]);
      }),
    );
  });
});

describe('What is told of presence', () => {
  it('is read as it was written, at most 64 changes in a packet', () => {
    const change = fc.record({
      room: fc.constantFrom('chat/a', 'chat/b'),
      change: fc.nat(),
      connection: fc.string(),
      member: fc.option(fc.string(), { nil: undefined }),
      isAll: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.string(), fc.array(change, { maxLength: 200 }), (node, changes) => {
        const read = writePresence(node, changes).flatMap(([room, text]) => {
          const order = readPresence(Buffer.from(text));
          expect(order?.node).toBe(node);
          expect(order?.deltas.length).toBeLessThanOrEqual(64);
          return order?.deltas.map((delta) => Object.assign({ room }, delta)) ?? [];
        });
        for (const room of ['chat/a', 'chat/b']) {
          const ofRoom = (each: { room: string }): boolean => each.room === room;
          expect(read.filter(ofRoom)).toEqual(changes.filter(ofRoom));
        }
      }),
    );
  });

  it('keeps the key apart from what else is told', () => {
    const text = writeCard('chat', { key: 'ann', name: 'Ann', __proto__: { bad: true } }, 7);
    expect(readCard(text)).toEqual({ key: 'ann', at: 7, member: { name: 'Ann' } });
    for (const foreign of ['', 'null', '[]', '["ann",1]', '["ann","1",{}]', '["ann",1,[]]'])
      expect(readCard(foreign)).toBeUndefined();
  });
});
