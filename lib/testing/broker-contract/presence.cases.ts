import assert from 'node:assert/strict';
import type { NodePresence, PresenceChangeRecord, RoomKey } from '../../brokers/room.broker.js';
import type { BrokerStage } from './broker.stage.js';
import type { ContractCase } from './contract.case.js';
import { eventually, waiting, type ToldLink } from './told.link.js';

const LONG = 60_000;
const SHORT = 300;

const member = (name: string): string => JSON.stringify({ name });

/** Writes a member, or `undefined` for one who has left. */
function write(
  link: ToldLink,
  node: string,
  room: RoomKey,
  change: number,
  who: string,
  as: string | undefined,
) {
  const record: PresenceChangeRecord = { room, change, connection: who, member: as };
  return link.presence.write(node, [record]);
}

/** Reads the members by node. */
async function read(link: ToldLink, room: RoomKey): Promise<Record<string, readonly string[]>> {
  const nodes = await link.presence.read(room);
  return Object.fromEntries(
    nodes
      .filter(({ entries }) => entries.length > 0)
      .map(({ node, entries }) => [
        node,
        entries.map((entry) => `${entry.connection} ${entry.member}`).toSorted(),
      ]),
  );
}

/** Two links, each with a live node. */
async function twoNodes(stage: BrokerStage) {
  const room = stage.room();
  const [one, two] = [await stage.link(), await stage.link()];
  const [a, b] = [stage.node('a'), stage.node('b')];
  await one.presence.renew(a, LONG);
  await two.presence.renew(b, LONG);
  return { room, one, two, a, b };
}

/** What a broker with presence guarantees. */
export const presenceCases: readonly ContractCase[] = [
  [
    'finds nobody in a room that nobody has entered',
    async (stage) => {
      const { one, room } = await twoNodes(stage);
      assert.deepEqual(await read(one, room), {});
      assert.equal(await one.presence.count(room), 0);
    },
  ],
  [
    'reads what each node has written, with its last change',
    async (stage) => {
      const { a, b, one, room, two } = await twoNodes(stage);
      await one.presence.write(a, [
        { room, change: 1, connection: 'ann', member: member('Ann') },
        { room, change: 2, connection: 'amy', member: member('Amy') },
      ]);
      await write(two, b, room, 7, 'bob', member('Bob'));
      const ofA: NodePresence['entries'] = [
        { connection: 'amy', member: member('Amy') },
        { connection: 'ann', member: member('Ann') },
      ];
      for (const link of [one, two]) {
        const nodes = (await link.presence.read(room)).toSorted((x, y) =>
          x.node < y.node ? -1 : 1,
        );
        assert.deepEqual(
          nodes.map(({ node, change }) => ({ node, change })),
          [
            { node: a, change: 2 },
            { node: b, change: 7 },
          ],
        );
        assert.deepEqual(
          nodes[0]?.entries.toSorted((x, y) => (x.connection < y.connection ? -1 : 1)),
          ofA,
        );
        assert.deepEqual(nodes[1]?.entries, [{ connection: 'bob', member: member('Bob') }]);
      }
    },
  ],
  [
    'reads members as they were written',
    async (stage) => {
      const { a, one, room, two } = await twoNodes(stage);
      const members = [
        '{"name":"Zoë 😀\\u0000\\n\\"","rooms":[1,null]}',
        '""',
        'null',
        '{}',
        `"${'x'.repeat(10_000)}"`,
      ];
      await one.presence.write(
        a,
        members.map((json, index) => ({
          room,
          change: index + 1,
          connection: `c${index}`,
          member: json,
        })),
      );
      assert.deepEqual(await read(two, room), {
        [a]: members.map((json, index) => `c${index} ${json}`),
      });
    },
  ],
  [
    'replaces a member that is written again, and removes one that has left',
    async (stage) => {
      const { a, one, room, two } = await twoNodes(stage);
      await write(one, a, room, 1, 'ann', member('Ann'));
      await write(one, a, room, 2, 'amy', member('Amy'));
      await write(one, a, room, 3, 'ann', member('Anna'));
      assert.deepEqual(await read(two, room), {
        [a]: [`amy ${member('Amy')}`, `ann ${member('Anna')}`],
      });
      await write(one, a, room, 4, 'ann', undefined);
      assert.deepEqual(await read(two, room), { [a]: [`amy ${member('Amy')}`] });
      await write(one, a, room, 5, 'amy', undefined);
      await write(one, a, room, 6, 'nobody', undefined);
      assert.deepEqual(await read(two, room), {});
      assert.equal(await two.presence.count(room), 0);
    },
  ],
  [
    'applies the changes of one write in order',
    async (stage) => {
      const { a, one, room } = await twoNodes(stage);
      const changes = [member('Ann'), undefined, member('Anna')].map((json, index) => ({
        room,
        change: index + 1,
        connection: 'ann',
        member: json,
      }));
      await one.presence.write(a, changes);
      assert.deepEqual(await read(one, room), { [a]: [`ann ${member('Anna')}`] });
      await one.presence.write(a, []);
    },
  ],
  [
    'keeps rooms apart',
    async (stage) => {
      const { a, one, two } = await twoNodes(stage);
      const rooms = ['blue', 'Blue', '*', '{blue}', 'ü€😀'].map((name) => stage.room(name));
      await one.presence.write(
        a,
        rooms.map((room) => ({ room, change: 1, connection: 'ann', member: JSON.stringify(room) })),
      );
      for (const room of rooms)
        assert.deepEqual(await read(two, room), { [a]: [`ann ${JSON.stringify(room)}`] });
    },
  ],
  [
    'keeps the same connection id of two nodes apart',
    async (stage) => {
      const { a, b, one, room, two } = await twoNodes(stage);
      await write(one, a, room, 1, 'ann', member('1'));
      await write(two, b, room, 1, 'ann', member('2'));
      assert.deepEqual(await read(one, room), {
        [a]: [`ann ${member('1')}`],
        [b]: [`ann ${member('2')}`],
      });
    },
  ],
  [
    'counts connections, whether their entries are written or only their number',
    async (stage) => {
      const { a, b, one, two } = await twoNodes(stage);
      const [named, counted] = [stage.room('named'), stage.room('counted')];
      await write(one, a, named, 1, 'ann', member('Ann'));
      await write(one, a, named, 2, 'amy', member('Amy'));
      await write(two, b, named, 1, 'bob', member('Bob'));
      await one.presence.writeCount(a, counted, 7);
      await one.presence.writeCount(a, counted, 5);
      await two.presence.writeCount(b, counted, 10);
      assert.equal(await two.presence.count(named), 3);
      assert.equal(await two.presence.count(counted), 15);
      const nodes = await one.presence.read(counted);
      assert.deepEqual(
        new Map(nodes.map(({ node, connections }) => [node, connections])),
        new Map([
          [a, 5],
          [b, 10],
        ]),
      );
      await one.presence.writeCount(a, counted, 0);
      assert.equal(await two.presence.count(counted), 10);
    },
  ],
  [
    'reads nothing of a node without a lease',
    async (stage) => {
      const { one, room } = await twoNodes(stage);
      const stranger = stage.node('stranger');
      await write(one, stranger, room, 1, 'ann', member('Ann'));
      await one.presence.writeCount(stranger, stage.room('counted'), 3);
      assert.deepEqual(await read(one, room), {});
      assert.equal(await one.presence.count(room), 0);
      assert.equal(await one.presence.count(stage.room('counted')), 0);
    },
  ],
  [
    'reads nothing of a node once its lease has expired, and tells the others once',
    async (stage) => {
      const { b, one, room, two } = await twoNodes(stage);
      const [dead, third] = [stage.node('dead'), await stage.link()];
      const killed = await stage.link();
      await killed.presence.renew(dead, SHORT);
      await write(killed, dead, room, 1, 'ann', member('Ann'));
      await killed.presence.writeCount(dead, stage.room('counted'), 3);
      await write(two, b, room, 1, 'bob', member('Bob'));
      await killed.link.close();
      await eventually(async () => {
        assert.deepEqual(await read(one, room), { [b]: [`bob ${member('Bob')}`] });
        assert.equal(await one.presence.count(stage.room('counted')), 0);
      });
      const others = [one, two, third];
      await eventually(() =>
        assert.deepEqual(
          others.map(({ gone }) => gone),
          others.map(() => [dead]),
        ),
      );
      await waiting(SHORT);
      assert.deepEqual(
        others.map(({ gone }) => gone),
        others.map(() => [dead]),
      );
      assert.equal(await one.presence.renew(dead, SHORT), false);
    },
  ],
  [
    'holds a lease while it is renewed',
    async (stage) => {
      const { one, room, two } = await twoNodes(stage);
      const node = stage.node('renewed');
      assert.equal(await one.presence.renew(node, SHORT), false);
      await write(one, node, room, 1, 'ann', member('Ann'));
      const end = performance.now() + SHORT * 3;
      while (performance.now() < end) {
        assert.equal(await one.presence.renew(node, SHORT * 3), true);
        assert.equal(await two.presence.count(room), 1);
        await waiting(SHORT / 6);
      }
      assert.deepEqual(two.gone, []);
    },
  ],
  [
    'forgets a node that leaves, and tells the others once',
    async (stage) => {
      const { a, b, one, room, two } = await twoNodes(stage);
      const third = await stage.link();
      await write(one, a, room, 1, 'ann', member('Ann'));
      await write(two, b, room, 1, 'bob', member('Bob'));
      await one.presence.writeCount(a, stage.room('counted'), 3);
      await one.presence.leave(a);
      assert.deepEqual(await read(two, room), { [b]: [`bob ${member('Bob')}`] });
      assert.equal(await two.presence.count(stage.room('counted')), 0);
      await one.presence.leave(a);
      await two.presence.leave(b);
      await eventually(() => assert.deepEqual(third.gone, [a, b]));
      assert.deepEqual([one.gone, two.gone], [[b], [a]]);
    },
  ],
  [
    'forgets what a node had written before it left and came back',
    async (stage) => {
      const { a, one, room, two } = await twoNodes(stage);
      await write(one, a, room, 1, 'ann', member('Ann'));
      await one.presence.leave(a);
      assert.equal(await one.presence.renew(a, LONG), false);
      assert.deepEqual(await read(two, room), {});
      await write(one, a, room, 1, 'amy', member('Amy'));
      assert.deepEqual(await read(two, room), { [a]: [`amy ${member('Amy')}`] });
    },
  ],
  [
    'keeps what a node has written after its link closes, until its lease expires',
    async (stage) => {
      const { a, one, room, two } = await twoNodes(stage);
      await write(one, a, room, 1, 'ann', member('Ann'));
      await one.link.close();
      assert.deepEqual(await read(two, room), { [a]: [`ann ${member('Ann')}`] });
      assert.deepEqual(two.gone, []);
      await two.presence.leave(a);
      assert.equal(await two.presence.count(room), 0);
    },
  ],
];
