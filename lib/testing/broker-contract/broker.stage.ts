import { randomBytes } from 'node:crypto';
import type { RoomBroker, RoomKey } from '../../brokers/room.broker.js';
import { ToldLink } from './told.link.js';

/** Where one case is tried: a broker, links to it, and names that no other case uses. */
export class BrokerStage {
  private readonly mark = randomBytes(4).toString('hex');
  private readonly links: ToldLink[] = [];

  constructor(private readonly broker: RoomBroker) {}

  async link(): Promise<ToldLink> {
    const link = await ToldLink.open(
      (events) => this.broker.connect(events),
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

  room(name = 'blue'): RoomKey {
    return `contract/${name}${this.mark}`;
  }

  node(name: string): string {
    return `${name}-${this.mark}`;
  }

  async close(): Promise<void> {
    await Promise.allSettled(this.links.map(({ link }) => link.close()));
  }
}
