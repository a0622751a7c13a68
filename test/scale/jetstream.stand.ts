import { sleep } from '../support/deadline.js';
import type { TcpProxy } from '../support/faults/tcp-proxy.js';
import { NatsServer } from '../support/servers/nats-server.js';
import { Network, type Comeback, type Stand } from './stand.js';

/** NATS with JetStream: with what it keeps on the disk, or with none of it. */
export class JetStreamStand implements Stand {
  static async open(nodes: number, comeback: Comeback): Promise<JetStreamStand> {
    const server = await NatsServer.start({ jetStream: true });
    try {
      return new JetStreamStand(server, comeback, await Network.open(nodes, server.port));
    } catch (error) {
      await server.stop();
      throw error;
    }
  }

  private constructor(
    private readonly server: NatsServer,
    private readonly comeback: Comeback,
    private readonly network: Network,
  ) {}

  get proxies(): readonly TcpProxy[] {
    return this.network.proxies;
  }

  urlOf(node: number): string {
    return `nats://127.0.0.1:${this.network.of(node).port}`;
  }

  proxyOf(node: number): TcpProxy {
    return this.network.of(node);
  }

  async killBroker(ms: number): Promise<void> {
    await this.server.kill();
    await sleep(ms);
    if (this.comeback === 'kept') await this.server.restart();
    else await this.server.restartEmpty();
  }

  async close(): Promise<void> {
    await Promise.allSettled([this.network.close(), this.server.stop()]);
  }
}
