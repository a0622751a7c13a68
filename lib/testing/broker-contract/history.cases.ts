import assert from 'node:assert/strict';
import type { RoomPosition } from '../../brokers/room.broker.js';
import { LONG } from './broker.stage.js';
import type { ContractCase } from './contract.case.js';
import { assertChain, keepAll, numbers, TAG, textsOf, withMessages } from './kept.messages.js';
import { eventually } from './told.link.js';

const EVERY_BYTE = Buffer.from(Array.from({ length: 256 }, (_, index) => index));

/** What a broker with history guarantees about its chain. */
export const historyCases: readonly ContractCase[] = [
  [
    'gives an unknown room a first position, and keeps it',
    async (stage) => {
      const [one, other] = [await stage.link(), await stage.link()];
      const first = await one.positionOf(stage.room());
      assert.equal(first.offset, 0);
      assert.match(first.tag, TAG);
      assert.deepEqual(await other.positionOf(stage.room()), first);
      const page = await other.history.read(stage.room(), undefined, 10);
      assert.deepEqual(page, { entries: [], last: first });
      assert.notEqual((await one.positionOf(stage.room('red'))).tag, first.tag);
    },
  ],
  [
    'answers a read of an unknown room with the first position',
    async (stage) => {
      const link = await stage.link();
      const { entries, last } = await link.history.read(stage.room(), undefined, 10);
      assert.deepEqual(entries, []);
      assert.equal(last.offset, 0);
      assert.deepEqual(await link.positionOf(stage.room()), last);
    },
  ],
  [
    'counts messages from the first position on, and gives each its own tag',
    async (stage) => {
      const { first, link, positions, room } = await withMessages(stage, 50);
      for (const [index, { offset }] of positions.entries())
        assert(offset > (positions[index - 1] ?? first).offset, 'offsets grow');
      assert.equal(new Set([first, ...positions].map(({ tag }) => tag)).size, 51);
      assert.deepEqual(await link.positionOf(room), positions.at(-1));
    },
  ],
  [
    'delivers the steps of one chain to all links, the same as in receipts and history',
    async (stage) => {
      const other = await stage.subscriber(stage.room());
      const { first, link, positions, room } = await withMessages(stage, 50);
      for (const listener of [link, other]) {
        await listener.hears(room, numbers(50));
        assertChain(
          first,
          listener.told.map(({ step }) => step),
        );
      }
      const { entries, last } = await other.history.read(room, undefined, 100);
      const steps = link.told.map(({ step }) => step);
      assert.deepEqual(
        entries.map(({ step }) => step),
        steps,
      );
      assert.deepEqual(
        entries.map(({ step: { offset, tag } }) => ({ offset, tag })),
        positions,
      );
      assert.deepEqual(last, positions.at(-1));
    },
  ],
  [
    'keeps one chain if several links publish',
    async (stage) => {
      const room = stage.room();
      const links = await stage.subscribers(3, room);
      const [first] = links;
      assert(first);
      const start = await first.positionOf(room);
      await Promise.all(links.map((link) => keepAll(link, room, numbers(50))));
      await eventually(() => assert.equal(first.told.length, 150));
      assertChain(
        start,
        first.told.map(({ step }) => step),
      );
    },
  ],
  [
    'leaves packets that are not kept out of the chain',
    async (stage) => {
      const { first, link, room } = await withMessages(stage, 1);
      await link.publish(room, 'not kept');
      await link.keep(room, '2', LONG);
      await link.hears(room, ['1', 'not kept', '2']);
      const { entries } = await link.history.read(room, undefined, 10);
      assert.deepEqual(textsOf(entries), ['1', '2']);
      assertChain(
        first,
        entries.map(({ step }) => step),
      );
    },
  ],
  [
    'keeps packets unchanged, with the time of acceptance',
    async (stage) => {
      const room = stage.room();
      const link = await stage.link();
      const packets = [EVERY_BYTE, Buffer.alloc(0), Buffer.alloc(1024 * 1024, 'abc\r\n')];
      const start = Date.now();
      for (const packet of packets) await link.link.publish(room, packet, { history: LONG });
      const { entries } = await link.history.read(room, undefined, 10);
      assert.equal(entries.length, packets.length);
      for (const [index, { packet, time }] of entries.entries()) {
        assert(Buffer.isBuffer(packet) && packets[index]?.equals(packet), `packet ${index}`);
        // The broker may use another clock.
        assert(Math.abs(time - start) < 60_000, `${time} is the time at which it was accepted`);
      }
    },
  ],
  [
    'reads on from a position, oldest first and no more than requested',
    async (stage) => {
      const { first, link, positions, room } = await withMessages(stage, 10);
      const read = async (after: RoomPosition | undefined, limit: number) =>
        textsOf((await link.history.read(room, after, limit)).entries);
      assert.deepEqual(await read(first, 100), numbers(10));
      assert.deepEqual(await read(positions[3], 100), numbers(6, 5));
      assert.deepEqual(await read(positions[3], 2), ['5', '6']);
      assert.deepEqual(await read(positions[9], 100), []);
    },
  ],
  [
    'reads the newest messages if there is no position to read on from',
    async (stage) => {
      const { link, positions, room } = await withMessages(stage, 10);
      const { entries, last } = await link.history.read(room, undefined, 3);
      assert.deepEqual(textsOf(entries), ['8', '9', '10']);
      assert.deepEqual(last, positions.at(-1));
    },
  ],
  [
    'shows readers that a position belongs to another history',
    async (stage) => {
      const { link, positions, room } = await withMessages(stage, 5);
      const [, second, , , newest] = positions;
      assert(second && newest);
      const foreign = await link.history.read(room, { ...second, tag: '00000000' }, 10);
      assert.deepEqual(textsOf(foreign.entries), ['3', '4', '5']);
      assert.equal(foreign.entries[0]?.step.prev, second.tag);
      const beyond = { offset: newest.offset + 90, tag: '00000000' };
      const ahead = await link.history.read(room, beyond, 10);
      assert.deepEqual(ahead, { entries: [], last: newest });
    },
  ],
  [
    'answers with positions in the order of the rooms',
    async (stage) => {
      const link = await stage.link();
      const rooms = numbers(100).map((number) => stage.room(`position-${number}`));
      const kept = await Promise.all(rooms.map((room) => link.keep(room, 'x', LONG)));
      const reversed = rooms.toReversed();
      assert.deepEqual(await link.history.positions(reversed), kept.toReversed());
      assert.deepEqual(await link.history.positions([]), []);
      const [room = ''] = rooms;
      assert.deepEqual(await link.history.positions([room, room]), [kept[0], kept[0]]);
    },
  ],
  [
    'knows the position of a packet once its receipt has come',
    async (stage) => {
      const [one, other] = [await stage.link(), await stage.link()];
      for (const number of numbers(30)) {
        const position = await one.keep(stage.room(), number, LONG);
        assert.deepEqual(await other.positionOf(stage.room()), position);
      }
    },
  ],
  [
    'keeps the histories of rooms with similar names apart',
    async (stage) => {
      const link = await stage.link();
      for (const name of ['*', '{blue}', 'Blue', 'blue', 'ü€😀', 'x'.repeat(192)]) {
        await link.keep(stage.room(name), name, LONG);
        const { entries } = await link.history.read(stage.room(name), undefined, 10);
        assert.deepEqual(textsOf(entries), [name]);
      }
    },
  ],
];
