import { connect, type NatsConnection } from '@nats-io/transport-node';
import type { ResolvedNatsOptions } from './nats.options.js';

const DEFAULT_PORT = 4222;

/**
 * Connects to a server that was named, or else to one that the cluster has told of: the one that was named may be gone
 * for good, as each connection is a new one that knows nothing of those before.
 */
export class NatsDialer {
  /** What a server has said last of its cluster. */
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

  /** A connection that is closed does not say it any more. */
  private async follow(connection: NatsConnection): Promise<void> {
    this.note(connection);
    for await (const { type } of connection.status()) if (type === 'update') this.note(connection);
  }

  private note({ info }: NatsConnection): void {
    if (info?.connect_urls) this.told = info.connect_urls;
  }
}

/** Not all applications to the same server. */
function shuffled(servers: readonly string[]): string[] {
  return servers
    .map((server) => ({ server, place: Math.random() }))
    .toSorted((one, other) => one.place - other.place)
    .map(({ server }) => server);
}
