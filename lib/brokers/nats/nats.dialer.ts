import { connect, type NatsConnection } from '@nats-io/transport-node';
import type { ResolvedNatsOptions } from './nats.options.js';

const DEFAULT_PORT = 4222;

/**
 * Connects to a configured server, or else to one that the cluster has announced. The configured server may be gone for
 * good, and each connection is new and knows nothing of earlier ones.
 */
export class NatsDialer {
  /** The servers that were announced last. */
  private told: readonly string[] = [];

  constructor(private readonly options: ResolvedNatsOptions) {}

  async dial(): Promise<NatsConnection> {
    const { connect: ownConnect, connection } = this.options;
    if (ownConnect) return ownConnect();
    const { noRandomize = false, port = DEFAULT_PORT, servers = `127.0.0.1:${port}` } = connection;
    const named = [servers].flat();
    const others = this.told.filter((server) => !named.includes(server));
    const made = await connect({
      ...connection,
      servers: [...(noRandomize ? named : shuffled(named)), ...shuffled(others)],
      noRandomize: true,
    });
    if (!connection.ignoreClusterUpdates) void this.follow(made);
    return made;
  }

  /** A closed connection no longer reports them. */
  private async follow(connection: NatsConnection): Promise<void> {
    this.note(connection);
    for await (const { type } of connection.status()) if (type === 'update') this.note(connection);
  }

  private note({ info }: NatsConnection): void {
    if (info?.connect_urls) this.told = info.connect_urls;
  }
}

/** Spreads applications over the servers. */
function shuffled(servers: readonly string[]): string[] {
  return servers
    .map((server) => ({ server, place: Math.random() }))
    .toSorted((one, other) => one.place - other.place)
    .map(({ server }) => server);
}
