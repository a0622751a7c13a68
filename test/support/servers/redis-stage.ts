import { Redis } from 'ioredis';
import { RedisBroker } from 'nestjs-revali-ws/redis';

import { TcpProxy } from '../faults/tcp-proxy.js';
import { BrokerLog } from '../records/broker-log.js';
import { RedisServer, type RedisServerOptions } from './redis-server.js';

/** A Redis, a bad network before it, and what tests have opened there. All of it goes with the test. */
export class RedisStage {
  private readonly logs: BrokerLog[] = [];
  private readonly clients: Redis[] = [];

  static async open(options?: RedisServerOptions): Promise<RedisStage> {
    const server = await RedisServer.start(options);
    return new RedisStage(server, await TcpProxy.open(server.port));
  }

  private constructor(
    readonly server: RedisServer,
    readonly proxy: TcpProxy,
  ) {}

  get url(): string {
    return `redis://127.0.0.1:${this.proxy.port}`;
  }

  /** Through the bad network. */
  link(prefix?: string): Promise<BrokerLog> {
    return this.opened(new RedisBroker({ url: this.url }), prefix);
  }

  /** Past it. */
  directLink(prefix?: string): Promise<BrokerLog> {
    return this.opened(new RedisBroker({ url: this.server.url }), prefix);
  }

  async opened(broker: RedisBroker, prefix?: string): Promise<BrokerLog> {
    const log = await BrokerLog.connect(broker, prefix);
    this.logs.push(log);
    return log;
  }

  /** For what no application does. */
  admin(): Redis {
    const client = new Redis(this.server.url, { maxRetriesPerRequest: null });
    client.on('error', () => undefined);
    this.clients.push(client);
    return client;
  }

  async close(): Promise<void> {
    this.proxy.mend();
    await Promise.allSettled(this.logs.map((log) => log.close()));
    for (const client of this.clients) client.disconnect();
    await this.proxy.close();
    await this.server.stop();
  }
}
