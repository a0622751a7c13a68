import assert from 'node:assert/strict';
import type { BrokerStage } from './broker.stage.js';
import type { ContractCase } from './contract.case.js';
import { eventually, type ToldLink } from './told.link.js';

/** Three links that have all been told what all of them have published. */
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

/** Packets begin with the index of their link, but for the first one. */
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

const oneOrder =
  (scene: Scene): ContractCase[1] =>
  async (stage) => {
    const room = stage.room();
    const links = await scene(stage, room);
    const [first] = links;
    for (const link of links) assert.deepEqual(link.textsOf(room), first?.textsOf(room));
  };

/** Of what one link has published, all are told the same order. */
const orderOfEach =
  (scene: Scene): ContractCase[1] =>
  async (stage) => {
    const room = stage.room();
    const links = await scene(stage, room);
    const [first] = links;
    for (const link of links)
      for (const index of links.keys()) {
        const ofSender = (each: ToldLink | undefined): string[] | undefined =>
          each?.textsOf(room).filter((text) => text.startsWith(`${index}`));
        assert.deepEqual(ofSender(link), ofSender(first));
      }
  };

/** Where `capabilities.order` is `'room'`. */
export const roomOrderCases: readonly ContractCase[] = [
  ['tells all links in one order, whoever publishes', oneOrder(whoeverPublishes)],
  [
    'tells all links in one order, though they publish while they are told',
    oneOrder(whilePublished),
  ],
];

/** Where it is `'sender'`. */
export const senderOrderCases: readonly ContractCase[] = [
  ['tells all links the packets of each in one order', orderOfEach(whoeverPublishes)],
  [
    'tells all links the packets of each in one order, though they publish while they are told',
    orderOfEach(whilePublished),
  ],
];
