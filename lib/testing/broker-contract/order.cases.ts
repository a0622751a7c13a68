import assert from 'node:assert/strict';
import type { BrokerStage } from './broker.stage.js';
import type { ContractCase } from './contract.case.js';
import { eventually, type ToldLink } from './told.link.js';

/** Three links that have all received what all of them published. */
type Scene = (stage: BrokerStage, room: string) => Promise<readonly ToldLink[]>;

const EACH = 100;

/** Packets begin with the index of their link. */
const whoeverPublishes: Scene = async (stage, room) => {
  const links = await stage.subscribers(3, room);
  const published = Array.from({ length: EACH }, (_, number) =>
    links.map((link, index) => link.publish(room, `${index} ${number}`)),
  );
  await Promise.all(published.flat());
  await haveAllBeenTold(links, 3 * EACH);
  return links;
};

/** Packets begin with the index of their link, except the first one. */
const whilePublished: Scene = async (stage, room) => {
  const links = await stage.subscribers(3, room);
  for (const [index, link] of links.entries())
    link.react = ({ packet }) => {
      if (packet.length < 4) void link.publish(room, `${index}${packet.toString()}`);
    };
  await links[0]?.publish(room, '-');
  await haveAllBeenTold(links, 1 + 3 + 9 + 27);
  return links;
};

async function haveAllBeenTold(links: readonly ToldLink[], count: number): Promise<void> {
  await eventually(() =>
    assert.deepEqual(
      links.map(({ told }) => told.length),
      links.map(() => count),
    ),
  );
}

/** @param partsOf The parts of a link's packets that are in the same order on all links. */
const sameOrder =
  (
    scene: Scene,
    partsOf: (texts: readonly string[], senders: number) => unknown,
  ): ContractCase[1] =>
  async (stage) => {
    const room = stage.room();
    const links = await scene(stage, room);
    const [first, ...others] = links.map((link) => partsOf(link.textsOf(room), links.length));
    for (const other of others) assert.deepEqual(other, first);
  };

const oneOrder = (scene: Scene): ContractCase[1] => sameOrder(scene, (texts) => texts);

/** All links see the packets of one publisher in the same order. */
const orderOfEach = (scene: Scene): ContractCase[1] =>
  sameOrder(scene, (texts, senders) =>
    Array.from({ length: senders }, (_, index) =>
      texts.filter((text) => text.startsWith(`${index}`)),
    ),
  );

/** For brokers with `capabilities.order` of `'room'`. */
export const roomOrderCases: readonly ContractCase[] = [
  ['delivers to all links in one order, no matter who publishes', oneOrder(whoeverPublishes)],
  [
    'delivers to all links in one order, even if they publish during a delivery',
    oneOrder(whilePublished),
  ],
];

/** For brokers with `capabilities.order` of `'sender'`. */
export const senderOrderCases: readonly ContractCase[] = [
  ["delivers each sender's packets to all links in one order", orderOfEach(whoeverPublishes)],
  [
    "delivers each sender's packets to all links in one order, even if they publish during a delivery",
    orderOfEach(whilePublished),
  ],
];
