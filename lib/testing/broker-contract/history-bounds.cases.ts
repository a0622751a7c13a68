import assert from 'node:assert/strict';
import { LONG } from './broker.stage.js';
import type { ContractCase } from './contract.case.js';
import { assertChain, numbers, textsOf, withMessages } from './kept.messages.js';
import { eventually, type ToldLink } from './told.link.js';

/** What a broker with history guarantees about how much it keeps, and how often. */
export const historyBoundCases: readonly ContractCase[] = [
  [
    'keeps no more messages than the limit, and keeps the newest',
    async (stage) => {
      const { first, link, positions, room } = await withMessages(stage, 12, {
        ...LONG,
        messages: 5,
      });
      const { entries, last } = await link.history.read(room, undefined, 100);
      assert.deepEqual(textsOf(entries), numbers(5, 8));
      assert.deepEqual(last, positions.at(-1));
      const fromStart = await link.history.read(room, first, 100);
      assert.deepEqual(textsOf(fromStart.entries), numbers(5, 8));
      assert.deepEqual(textsOf((await link.history.read(room, first, 2)).entries), ['8', '9']);
    },
  ],
  [
    'keeps messages no longer than the limit, and continues the chain afterwards',
    async (stage) => {
      const limits = { messages: 100, age: 300 };
      const { link, positions, room } = await withMessages(stage, 3, limits);
      const newest = positions.at(-1);
      assert(newest);
      await eventually(async () => {
        const { entries, last } = await link.history.read(room, undefined, 100);
        assert.deepEqual(last, newest);
        assert.deepEqual(textsOf(entries), []);
      });
      await link.keep(room, '4', limits);
      await link.hears(room, numbers(4));
      assertChain(newest, [link.told[3]?.step]);
    },
  ],
  [
    'keeps messages until their age limit',
    async (stage) => {
      const { link, room } = await withMessages(stage, 3);
      const short = { messages: 100, age: 100 };
      const red = stage.room('red', short);
      await link.keep(red, 'short', short);
      await eventually(async () => {
        const { entries } = await link.history.read(red, undefined, 1);
        assert.deepEqual(textsOf(entries), []);
      });
      const { entries } = await link.history.read(room, undefined, 100);
      assert.deepEqual(textsOf(entries), numbers(3));
    },
  ],
  [
    'keeps history after all links have closed',
    async (stage) => {
      const { link, positions, room } = await withMessages(stage, 3);
      await link.link.close();
      const { entries, last } = await (await stage.link()).history.read(room, undefined, 100);
      assert.deepEqual(textsOf(entries), numbers(3));
      assert.deepEqual(last, positions.at(-1));
    },
  ],
  [
    'accepts a message with an id once, and answers with the same position again',
    async (stage) => {
      const room = stage.room();
      const [one, other] = [await stage.subscriber(room), await stage.link()];
      const options = { history: LONG, id: `id-${room}` };
      const publish = ({ link }: ToldLink, text: string) =>
        link.publish(room, Buffer.from(text), options);
      const receipts = await Promise.all([publish(one, '1'), publish(one, '1')]);
      receipts.push(await publish(other, '1'));
      const position = receipts[0]?.position;
      assert(position, 'what is kept has a position');
      assert.deepEqual(receipts, [{ position }, { position }, { position }]);
      await one.keep(room, '2', LONG);
      await one.hears(room, ['1', '2']);
      assert.deepEqual(textsOf((await one.history.read(room, undefined, 10)).entries), ['1', '2']);
    },
  ],
  [
    'treats the same id in another room, or another id, as another message',
    async (stage) => {
      const { link, history } = await stage.link();
      const text = Buffer.from('x');
      const rooms = [stage.room('blue'), stage.room('red')];
      for (const room of rooms)
        for (const id of [room.slice(-8), 'id', 'id\n', 'ID'])
          await link.publish(room, text, { history: LONG, id });
      for (const room of rooms)
        assert.equal((await history.read(room, undefined, 10)).entries.length, 4);
    },
  ],
];
