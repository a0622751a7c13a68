import type { MemoryBroker } from '../brokers/memory.broker.js';
import type { BrokerEvents, BrokerLink, RoomBroker } from '../brokers/room.broker.js';

/** One cluster node's view of the shared broker, until the node is killed. */
export class NodeBroker implements RoomBroker {
  readonly name: string;
  readonly capabilities: RoomBroker['capabilities'];
  private cutLink: (() => Promise<void>) | undefined;
  private isCut = false;

  constructor(private readonly broker: MemoryBroker) {
    this.name = broker.name;
    this.capabilities = broker.capabilities;
  }

  async connect(events: BrokerEvents): Promise<BrokerLink> {
    this.refuseCut();
    const link = await this.broker.connect(events);
    this.cutLink = () => {
      this.broker.partition(events);
      // Otherwise heal() would bring it back.
      return link.close();
    };
    if (this.isCut) await this.cutLink();
    this.refuseCut();
    return link;
  }

  /** Permanent and without a goodbye: what the node has written stays until its lease expires. */
  async cut(): Promise<void> {
    this.isCut = true;
    await this.cutLink?.();
  }

  private refuseCut(): void {
    if (this.isCut) throw new Error('This node was killed: it cannot reach its broker.');
  }
}
