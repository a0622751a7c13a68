import { once } from 'node:events';
import { connect } from 'node:net';
import { eventually, sleep, within } from '../support/deadline.js';
import { TcpProxy } from '../support/faults/tcp-proxy.js';
import { RedisServer } from '../support/servers/redis-server.js';
import { Network, type Comeback, type Stand } from './stand.js';

/** Milliseconds that a replica hears nothing before it takes over. */
const LAG = 700;

/** Redis: with its data on the disk, with none, or with a replica that takes over. */
export class RedisStand implements Stand {
  static async open(nodes: number, comeback: Comeback): Promise<RedisStand> {
    const server = await RedisServer.start({ appendOnly: comeback === 'kept' });
    try {
      const replica = comeback === 'replica' ? await Replica.of(server.port) : undefined;
      return new RedisStand(server, replica, await Network.open(nodes, server.port));
    } catch (error) {
      await server.stop();
      throw error;
    }
  }

  private constructor(
    private readonly server: RedisServer,
    private readonly replica: Replica | undefined,
    private readonly network: Network,
  ) {}

  get proxies(): readonly TcpProxy[] {
    return this.network.proxies;
  }

  urlOf(node: number): string {
    return `redis://127.0.0.1:${this.network.of(node).port}`;
  }

  proxyOf(node: number): TcpProxy {
    return this.network.of(node);
  }

  async killBroker(ms: number): Promise<void> {
    if (this.replica) await this.replica.lag(LAG);
    await this.server.kill();
    await sleep(ms);
    if (this.replica) this.network.moveTo(await this.replica.promote());
    else await this.server.restart();
  }

  async close(): Promise<void> {
    await Promise.allSettled([this.network.close(), this.replica?.close(), this.server.stop()]);
  }
}

/** A copy of a server, behind a network of its own. */
class Replica {
  static async of(port: number): Promise<Replica> {
    const link = await TcpProxy.open(port);
    const server = await RedisServer.start({ replicaOf: link.port });
    const replica = new Replica(link, server);
    await eventually(
      async () => {
        const state = await ask(server.port, 'INFO replication');
        if (!state.includes('master_link_status:up')) throw new Error(state);
      },
      'the replica to have copied all',
      20_000,
    );
    return replica;
  }

  private constructor(
    private readonly link: TcpProxy,
    private readonly server: RedisServer,
  ) {}

  /** What is written meanwhile it never gets. */
  async lag(ms: number): Promise<void> {
    this.link.stall('toClient');
    await sleep(ms);
    this.link.cut();
  }

  /** @returns Its port. */
  async promote(): Promise<number> {
    const answer = await ask(this.server.port, 'REPLICAOF NO ONE');
    if (!answer.startsWith('+OK')) throw new Error(`The replica did not take over: ${answer}`);
    return this.server.port;
  }

  async close(): Promise<void> {
    await Promise.allSettled([this.link.close(), this.server.stop()]);
  }
}

/** @returns The beginning of the answer. */
async function ask(port: number, command: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  try {
    socket.write(`${command}\r\n`);
    const answer: unknown[] = await within(once(socket, 'data'), `an answer to ${command}`);
    return String(answer[0]);
  } finally {
    socket.destroy();
  }
}
