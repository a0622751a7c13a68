import assert from 'node:assert/strict';
import type { ContractCase } from './contract.case.js';
import { eventually } from './told.link.js';

const numbers = (count: number): string[] =>
  Array.from({ length: count }, (_, index) => `${index}`);
/** Names that some brokers mistake for patterns, separators, and the like. */
const LIKE_BLUE = [
  '*',
  '>',
  '?',
  'blu[e]',
  'blue.*',
  'blue.>',
  '{blue}',
  'Blue',
  'blue/',
  '/blue',
  'BLUE',
  'blu',
];

/** What any broker guarantees about subscriptions. */
export const subscriptionCases: readonly ContractCase[] = [
  [
    'confirms a subscription only when everything after it arrives',
    async (stage) => {
      const [speaker, listener] = [await stage.link(), await stage.link()];
      for (const number of numbers(50)) {
        const room = stage.room(`confirmed-${number}`);
        await listener.link.subscribe([room]);
        await speaker.publish(room, number);
        await listener.hears(room, [number]);
      }
    },
  ],
  [
    'confirms many rooms of one command at once',
    async (stage) => {
      const rooms = numbers(512).map((number) => stage.room(`many-${number}`));
      const [speaker, listener] = [await stage.link(), await stage.subscriber(...rooms)];
      await Promise.all(rooms.map((room) => speaker.publish(room, room)));
      await eventually(() => assert.equal(listener.told.length, rooms.length));
      const heard = listener.told.filter(({ room, packet }) => packet.toString() === room);
      assert.deepEqual(new Set(heard.map(({ room }) => room)), new Set(rooms));
    },
  ],
  [
    'accepts a command without rooms',
    async (stage) => {
      const { link } = await stage.link();
      await link.subscribe([]);
      await link.unsubscribe([]);
    },
  ],
  [
    'delivers once to a link that has subscribed twice',
    async (stage) => {
      const room = stage.room();
      const link = await stage.subscriber(room, room);
      await link.link.subscribe([room]);
      await link.publish(room, '1');
      await link.publish(room, '2');
      await link.hears(room, ['1', '2']);
      await link.link.unsubscribe([room]);
      await link.link.subscribe([stage.room('other')]);
      await link.publish(room, '3');
      await link.publish(stage.room('other'), 'end');
      await link.hears(stage.room('other'), ['end']);
      await link.hears(room, ['1', '2']);
    },
  ],
  [
    'delivers nothing of other rooms, however similar their names are',
    async (stage) => {
      const rooms = [...LIKE_BLUE, 'blue'].map((name) => stage.room(`${name}-`));
      const listeners = await Promise.all(rooms.map((room) => stage.subscriber(room)));
      const speaker = await stage.link();
      for (const room of rooms) await speaker.publish(room, room);
      for (const [index, room] of rooms.entries()) await listeners[index]?.hears(room, [room]);
      assert.deepEqual(
        listeners.map(({ told }) => told.length),
        rooms.map(() => 1),
      );
    },
  ],
  [
    'delivers nothing once the end of a subscription is confirmed',
    async (stage) => {
      const [blue, red] = [stage.room('blue'), stage.room('red')];
      const [speaker, listener] = [await stage.link(), await stage.subscriber(blue, red)];
      await speaker.publish(blue, 'before');
      await listener.hears(blue, ['before']);
      await listener.link.unsubscribe([blue]);
      await speaker.publish(blue, 'after');
      await speaker.publish(red, 'end');
      await listener.hears(red, ['end']);
      await listener.hears(blue, ['before']);
    },
  ],
  [
    'ends a subscription for one link alone',
    async (stage) => {
      const room = stage.room();
      const [one, other] = [await stage.subscriber(room), await stage.subscriber(room)];
      await one.link.unsubscribe([room]);
      await one.publish(room, 'for the other');
      await other.hears(room, ['for the other']);
      assert.deepEqual(one.told, []);
    },
  ],
  [
    'subscribes to a room again, and accepts the end of a subscription that never existed',
    async (stage) => {
      const room = stage.room();
      const link = await stage.link();
      await link.link.unsubscribe([room]);
      for (const number of numbers(10)) {
        await link.link.subscribe([room]);
        await link.publish(room, number);
        await link.hears(room, numbers(Number(number) + 1));
        await link.link.unsubscribe([room]);
      }
    },
  ],
  [
    "runs a link's commands in the order in which it issues them",
    async (stage) => {
      const room = stage.room();
      const [speaker, on, off] = [await stage.link(), await stage.link(), await stage.link()];
      const toggles = numbers(20).flatMap(() => [
        on.link.unsubscribe([room]),
        on.link.subscribe([room]),
        off.link.subscribe([room]),
        off.link.unsubscribe([room]),
      ]);
      await Promise.all(toggles);
      await speaker.publish(room, 'end');
      await on.hears(room, ['end']);
      assert.deepEqual(off.told, []);
    },
  ],
];
