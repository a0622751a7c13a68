import { MemoryLink } from './memory/memory.link.js';
import { MemoryServer } from './memory/memory.server.js';
import type {
  BrokerCapabilities,
  BrokerEvents,
  BrokerLink,
  RoomBroker,
  RoomKey,
  BrokerConnectOptions,
} from './room.broker.js';

/** One application of a broker: the index of its `connect()` call, from 0, or the argument it gave to `connect()`. */
export type BrokerParty = number | BrokerEvents;

/**
 * Carries broadcasts within one process; the default. Several applications of the process may share one, as nodes share
 * a broker in production. Tests can simulate the faults of a broker in production.
 */
export class MemoryBroker implements RoomBroker {
  readonly name = 'MemoryBroker';
  readonly capabilities: BrokerCapabilities = { history: true, presence: true };
  /** Keyed by prefix. */
  private readonly servers = new Map<string, MemoryServer>();
  private isPaused = false;
  private readonly links = new Set<MemoryLink>();
  private connects = 0;

  async connect(
    events: BrokerEvents,
    { prefix }: BrokerConnectOptions = { prefix: '' },
  ): Promise<BrokerLink> {
    const link = new MemoryLink(this.serverOf(prefix), events, this.connects, (closed) =>
      this.links.delete(closed),
    );
    this.connects += 1;
    this.links.add(link);
    try {
      await link.opened();
    } catch (error) {
      await link.close();
      throw error;
    }
    return link;
  }

  /** Simulates a broker that does not answer: commands wait, and nobody learns of packets or lost nodes. */
  pause(): void {
    this.isPaused = true;
    for (const server of this.servers.values()) server.queue.pause();
  }

  /** Runs everything that has waited, in order. */
  resume(): void {
    this.isPaused = false;
    for (const server of this.servers.values()) server.queue.resume();
  }

  /** The next packets of each prefix reach no application. They are accepted, and kept in the history. */
  lose(count: number): void {
    for (const server of this.servers.values()) server.toLose = count;
  }

  /**
   * Simulates a failover to a server that lagged behind: the newest messages of a room, which everybody has seen, are
   * gone from its history. The next messages get the same offsets, with other tags.
   *
   * @param room `<kind>/<name>`
   * @param count Messages. Default: half of those that are kept.
   * @throws RangeError if fewer are kept
   */
  fork(room: RoomKey, count?: number): void {
    const servers = [...this.servers.values()];
    const keeping = servers.filter((server) => server.knows(room));
    if (keeping.length === 0) keeping.push(this.serverOf(''));
    for (const server of keeping) server.fork(room, count);
  }

  /**
   * Cuts an application off: its subscriptions are gone, its commands are rejected, and messages that wait for it are
   * lost. The others continue.
   *
   * @param party Default: all that are connected.
   * @throws RangeError if it is not connected
   */
  partition(party?: BrokerParty): void {
    for (const link of this.linksOf(party)) link.cut();
  }

  /**
   * Ends `partition()`: applications subscribe again.
   *
   * @param party Default: all.
   * @throws RangeError if it is not connected
   */
  heal(party?: BrokerParty): void {
    for (const link of this.linksOf(party)) link.heal();
  }

  /**
   * Restarts the broker empty: history, presence, and subscriptions are gone. Applications see a short interruption.
   * For a long one: `partition()`, `forget()`, `heal()`.
   */
  forget(): void {
    for (const server of this.servers.values()) server.forget();
    for (const link of this.linksOf(undefined)) link.restart();
  }

  private serverOf(prefix: string): MemoryServer {
    const present = this.servers.get(prefix);
    if (present) return present;
    const server = new MemoryServer();
    if (this.isPaused) server.queue.pause();
    this.servers.set(prefix, server);
    return server;
  }

  private linksOf(party: BrokerParty | undefined): readonly MemoryLink[] {
    const links = [...this.links];
    if (party === undefined) return links;
    const link = links.find(({ number, events }) => number === party || events === party);
    if (link) return [link];
    const numbers = links.map(({ number }) => number).join(', ') || 'none';
    throw new RangeError(
      `${typeof party === 'number' ? `Application ${party}` : 'This application'} has no link to this MemoryBroker. ` +
        `Applications are numbered by their connect(), from 0. Connected: ${numbers}.`,
    );
  }
}
