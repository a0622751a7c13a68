import { eventually } from '../../../../test/support/deadline.js';
import { TcpProxy } from '../../../../test/support/faults/tcp-proxy.js';
import { ServerMemory, startServer, type TestServer } from './test.application.js';

/** A server, the bad network in front of it, and what tests do to both. */
export class BadNetwork {
  private constructor(
    private readonly memory: ServerMemory,
    private server: TestServer,
    readonly proxy: TcpProxy,
  ) {}

  static async open(): Promise<BadNetwork> {
    const memory = new ServerMemory();
    const server = await startServer(memory);
    return new BadNetwork(memory, server, await TcpProxy.open(server.port));
  }

  /** What clients connect to. */
  get url(): string {
    return `http://127.0.0.1:${this.proxy.port}`;
  }

  async close(): Promise<void> {
    await this.proxy.close();
    await this.server.app.close();
  }

  /** What a test may ask for, from whichever process it runs in. */
  readonly commands: Readonly<Record<string, (...args: never[]) => unknown>> = {
    reset: () => this.proxy.reset(),
    cut: () => this.proxy.cut(),
    stall: () => this.proxy.stall(),
    halfOpen: () => this.proxy.halfOpen(),
    delay: (ms: number) => this.proxy.delay(ms),
    trickle: () => this.proxy.trickle(),
    mend: () => this.proxy.mend(),
    /** Until the proxy has so many open connections. */
    connections: (count: number) =>
      eventually(() => {
        const { length } = this.proxy.connections;
        if (length !== count) throw new Error(`${length} connections`);
      }, `${count} connections`),
    accepted: () => this.proxy.accepted,
    /** A deployment: clients get 1001, and meanwhile nothing answers. */
    stop: async () => {
      await this.server.app.close();
      this.proxy.cut();
    },
    start: async () => {
      this.server = await startServer(this.memory);
      this.proxy.retarget(this.server.port);
      this.proxy.mend();
    },
    ticket: (ticket: string) => {
      this.memory.ticket = ticket;
    },
    received: () => this.memory.received.splice(0),
    stopped: () => this.memory.stopped,
    broadcast: async (kind: 'chat' | 'bare', name: string, from: number, to: number) => {
      for (let n = from; n <= to; n += 1) await this.server.room(kind, name).broadcast({ n });
    },
    /** The history is lost. */
    forget: () => this.memory.broker.forget(),
    leave: (kind: 'chat' | 'bare', name: string) => {
      const room = this.server.room(kind, name);
      for (const member of room.local) room.leave(member);
    },
    closeMembers: (kind: 'chat' | 'bare', name: string, code: number) => {
      for (const member of this.server.room(kind, name).local) member.close(code, 'By the test');
    },
  };
}
