import { TcpProxy } from '../support/faults/tcp-proxy.js';

/** How a broker comes back that was killed. */
export type Comeback = 'kept' | 'empty' | 'replica';

/** A broker of a run, and the network between it and each node. */
export interface Stand {
  /** As nodes are given it. */
  urlOf(node: number): string;
  /** The network of one node. */
  proxyOf(node: number): TcpProxy;
  readonly proxies: readonly TcpProxy[];
  /** Kills the broker, and starts it again in the way that the stand was made for. @param ms How long it is gone. */
  killBroker(ms: number): Promise<void>;
  /** Never rejects. */
  close(): Promise<void>;
}

/** What a stand puts its broker behind. */
export class Network {
  private constructor(readonly proxies: readonly TcpProxy[]) {}

  static async open(nodes: number, port: number): Promise<Network> {
    return new Network(await Promise.all(Array.from({ length: nodes }, () => TcpProxy.open(port))));
  }

  of(node: number): TcpProxy {
    const proxy = this.proxies[node];
    if (!proxy) throw new RangeError(`There is no node ${node}.`);
    return proxy;
  }

  moveTo(port: number): void {
    for (const proxy of this.proxies) proxy.retarget(port);
  }

  async close(): Promise<void> {
    await Promise.all(this.proxies.map((proxy) => proxy.close()));
  }
}
