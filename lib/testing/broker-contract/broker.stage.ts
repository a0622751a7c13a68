import { randomBytes } from 'node:crypto';
import type { HistoryLimits, RoomBroker, RoomKey } from '../../brokers/room.broker.js';
import { ToldLink } from './told.link.js';

/** How much history rooms keep by default. */
export const LONG: HistoryLimits = { messages: 1_000, age: 60_000 };

/** The setting of one case: a broker, links to it, and names that no other case uses. */
export class BrokerStage {
  private readonly mark = randomBytes(4).toString('hex');
  private readonly links: ToldLink[] = [];
  private readonly histories = new Map<string, HistoryLimits>();

  constructor(private readonly broker: RoomBroker) {}

  async link(): Promise<ToldLink> {
    const { broker, histories } = this;
    const link = await ToldLink.open(
      (events) => broker.connect(events, { prefix: 'rws', histories }),
      (node) => node.endsWith(this.mark),
    );
    this.links.push(link);
    return link;
  }

  /** Links that have subscribed. */
  async subscribers(count: number, ...rooms: readonly RoomKey[]): Promise<ToldLink[]> {
    return Promise.all(
      Array.from({ length: count }, async () => {
        const link = await this.link();
        await link.link.subscribe(rooms);
        return link;
      }),
    );
  }

  async subscriber(...rooms: readonly RoomKey[]): Promise<ToldLink> {
    const link = await this.link();
    await link.link.subscribe(rooms);
    return link;
  }

  /** Each set of limits gets its own kind, because all rooms of one kind keep the same. */
  room(name = 'blue', limits = LONG): RoomKey {
    const { messages, age } = limits;
    const kind = limits === LONG ? 'contract' : `contract-${messages}-${age}`;
    this.histories.set(kind, limits);
    return `${kind}/${name}${this.mark}`;
  }

  node(name: string): string {
    return `${name}-${this.mark}`;
  }

  async close(): Promise<void> {
    await Promise.allSettled(this.links.map(({ link }) => link.close()));
  }
}
