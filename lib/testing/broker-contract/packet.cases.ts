import assert from 'node:assert/strict';
import type { ContractCase } from './contract.case.js';
import { eventually, type ToldLink } from './told.link.js';

const MEBIBYTE = 1024 * 1024;
const numbers = (count: number): string[] =>
  Array.from({ length: count }, (_, index) => `${index}`);

/** Every single-byte character that a name may contain, and some longer ones. */
const ONE_BYTE = String.fromCharCode(...Array.from({ length: 0x7f - 0x21 }, (_, i) => 0x21 + i));
const MORE_BYTES = '¡ÿĀ߿ࠀ€ퟯ\u{10000}😀\u{10ffff}';
const LONGEST = 'x'.repeat(200 - 8);

/** Checks that packets arrive byte for byte. */
async function comesAsSent(speaker: ToldLink, listener: ToldLink, room: string, packet: Buffer) {
  await speaker.link.publish(room, packet);
  await eventually(() => assert.equal(listener.told.length, 1));
  const [told] = listener.told;
  assert(Buffer.isBuffer(told?.packet), 'a packet is a Buffer');
  assert(told.packet.equals(packet), `${packet.length} bytes come as they were sent`);
}

/** What any broker guarantees about packets. */
export const packetCases: readonly ContractCase[] = [
  [
    'delivers to each link that has subscribed to the room, including the sender',
    async (stage) => {
      const room = stage.room();
      const links = await stage.subscribers(3, room);
      await links[0]?.publish(room, 'hello');
      await Promise.all(links.map((link) => link.hears(room, ['hello'])));
    },
  ],
  [
    'accepts a packet for a room without subscribers',
    async (stage) => {
      const link = await stage.link();
      assert.deepEqual(await link.publish(stage.room(), 'alone'), {});
    },
  ],
  [
    'returns no position for a packet that is not kept',
    async (stage) => {
      const room = stage.room();
      const link = await stage.subscriber(room);
      assert.equal((await link.publish(room, 'gone')).position, undefined);
      await link.hears(room, ['gone']);
      assert.equal(link.told[0]?.step, undefined);
    },
  ],
  [
    'keeps the order in which one link publishes, even if it awaits nothing',
    async (stage) => {
      const room = stage.room();
      const [speaker, listener] = [await stage.link(), await stage.subscriber(room)];
      await Promise.all(numbers(300).map((number) => speaker.publish(room, number)));
      await listener.hears(room, numbers(300));
    },
  ],
  [
    'carries an empty packet',
    async (stage) => {
      const room = stage.room();
      await comesAsSent(await stage.link(), await stage.subscriber(room), room, Buffer.alloc(0));
    },
  ],
  [
    'carries each byte unchanged',
    async (stage) => {
      const room = stage.room();
      const packet = Buffer.from(Array.from({ length: 512 }, (_, index) => (index * 7) % 256));
      await comesAsSent(await stage.link(), await stage.subscriber(room), room, packet);
    },
  ],
  [
    'carries a mebibyte',
    async (stage) => {
      const room = stage.room();
      const packet = Buffer.alloc(MEBIBYTE, 'The end of each line\r\n');
      await comesAsSent(await stage.link(), await stage.subscriber(room), room, packet);
    },
  ],
  [
    'accepts every name that a room may have',
    async (stage) => {
      const speaker = await stage.link();
      const names = [ONE_BYTE, MORE_BYTES, LONGEST, '__proto__', 'constructor', '-', '.'];
      for (const name of names) {
        const room = stage.room(name);
        const listener = await stage.subscriber(room);
        await speaker.publish(room, 'named');
        await listener.hears(room, ['named']);
        await listener.link.unsubscribe([room]);
      }
    },
  ],
  [
    'delivers nothing to a closed link, and keeps serving the others',
    async (stage) => {
      const room = stage.room();
      const [one, other] = [await stage.subscriber(room), await stage.subscriber(room)];
      await one.link.close();
      await other.publish(room, 'still here');
      await other.hears(room, ['still here']);
      assert.deepEqual(one.told, []);
    },
  ],
  [
    'finishes earlier commands before a link closes',
    async (stage) => {
      const room = stage.room();
      const [speaker, listener] = [await stage.link(), await stage.subscriber(room)];
      const accepted = numbers(20).map((number) => speaker.publish(room, number));
      await speaker.link.close();
      await Promise.all(accepted);
      await listener.hears(room, numbers(20));
    },
  ],
  [
    'accepts another connection',
    async (stage) => {
      const room = stage.room();
      await (await stage.subscriber(room)).link.close();
      const link = await stage.subscriber(room);
      await link.publish(room, 'back');
      await link.hears(room, ['back']);
    },
  ],
];
