import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

/** Which way bytes go. */
export type Direction = 'toServer' | 'toClient';

const DIRECTIONS: readonly Direction[] = ['toServer', 'toClient'];

/** What the network does to all connections. */
interface Weather {
  readonly stalled: ReadonlySet<Direction>;
  /** Milliseconds. */
  readonly delay: number;
  /** Whether each byte comes alone, a millisecond after the last one. */
  readonly trickles: boolean;
}

/** What is on its way. */
interface Waiting {
  readonly action: () => void;
  readonly timer: NodeJS.Timeout;
}

/** One connection through the proxy: a socket for each side. */
export class ProxiedConnection {
  /** What waits in each direction, in the order in which it came. */
  private readonly waiting: Waiting[][] = [];
  private isHalfOpen = false;

  constructor(
    private readonly client: Socket,
    private readonly server: Socket,
    private readonly weather: () => Weather,
  ) {
    this.pipe(client, server);
    this.pipe(server, client);
    this.flow();
  }

  get isOpen(): boolean {
    return !this.client.destroyed || !this.server.destroyed;
  }

  /** Both sides get a reset. */
  reset(): void {
    this.client.resetAndDestroy();
    this.server.resetAndDestroy();
    for (const { timer } of this.waiting.flatMap((each) => each.splice(0))) clearTimeout(timer);
  }

  /** The server's side ends, and the client hears nothing of it, or of anything else. */
  halfOpen(): void {
    this.isHalfOpen = true;
    this.server.resetAndDestroy();
  }

  /** As the weather is now. */
  flow(): void {
    const { stalled } = this.weather();
    if (stalled.has('toServer')) this.client.pause();
    else this.client.resume();
    if (stalled.has('toClient')) this.server.pause();
    else this.server.resume();
  }

  private pipe(from: Socket, to: Socket): void {
    const waiting: Waiting[] = [];
    this.waiting.push(waiting);
    const pass = (action: () => void): void => {
      if (!this.isHalfOpen) this.later(waiting, action);
    };
    from.setNoDelay(true);
    to.setNoDelay(true);
    from.on('data', (chunk: Buffer) => {
      const parts = this.weather().trickles ? bytesOf(chunk) : [chunk];
      for (const part of parts) pass(() => to.write(part));
    });
    from.on('end', () => pass(() => to.end()));
    from.on('close', () => pass(() => to.destroy()));
  }

  /** Chunks keep their order, whatever the delay was when each of them came. */
  private later(waiting: Waiting[], action: () => void): void {
    const { delay, trickles } = this.weather();
    const wait = delay + (trickles ? waiting.length + 1 : 0);
    if (wait === 0 && waiting.length === 0) {
      action();
      return;
    }
    const own: Waiting = { action, timer: setTimeout(() => passUpTo(waiting, own), wait) };
    waiting.push(own);
  }
}

function passUpTo(waiting: Waiting[], last: Waiting): void {
  for (let next = waiting.shift(); next; next = waiting.shift()) {
    clearTimeout(next.timer);
    next.action();
    if (next === last) return;
  }
}

const bytesOf = (chunk: Buffer): Buffer[] =>
  Array.from(chunk, (_byte, at) => chunk.subarray(at, at + 1));

/** Stands between clients and a server on this machine, and is the bad network between them. */
export class TcpProxy {
  /** Connections that clients have made, whatever became of them. */
  accepted = 0;
  private readonly stalled = new Set<Direction>();
  private readonly sockets = new Set<Socket>();
  private open: ProxiedConnection[] = [];
  private latency = 0;
  private trickles = false;
  private isCut = false;

  static async open(targetPort: number): Promise<TcpProxy> {
    const listener = createServer({ allowHalfOpen: true, pauseOnConnect: true });
    listener.listen(0, '127.0.0.1');
    await once(listener, 'listening');
    return new TcpProxy(listener, targetPort);
  }

  private constructor(
    private readonly listener: Server,
    private targetPort: number,
  ) {
    listener.on('connection', (client) => this.connect(client));
  }

  get port(): number {
    const address = this.listener.address();
    if (address === null || typeof address === 'string') throw new Error('The proxy is closed.');
    return address.port;
  }

  /** Those that are open, in the order in which they came. */
  get connections(): readonly ProxiedConnection[] {
    this.open = this.open.filter(({ isOpen }) => isOpen);
    return this.open;
  }

  /** The server has moved: where new connections lead. */
  retarget(targetPort: number): void {
    this.targetPort = targetPort;
  }

  /** Connections get a reset, and new ones too, until `mend()`. */
  cut(): void {
    this.isCut = true;
    this.reset();
  }

  /** Connections get a reset; new ones work. */
  reset(): void {
    for (const connection of this.connections) connection.reset();
  }

  /** A black hole: connections stay open and can be made, and nothing passes, until `mend()`. What was sent waits. */
  stall(...directions: readonly Direction[]): void {
    for (const direction of directions.length > 0 ? directions : DIRECTIONS)
      this.stalled.add(direction);
    for (const connection of this.connections) connection.flow();
  }

  /** The server's sides end, and clients hear nothing of it. New connections work. */
  halfOpen(): void {
    for (const connection of this.connections) connection.halfOpen();
  }

  /** @param ms For each chunk in each direction, until `mend()`. */
  delay(ms: number): void {
    this.latency = ms;
  }

  /** Each byte comes alone, in each direction, until `mend()`. */
  trickle(): void {
    this.trickles = true;
  }

  /** The end of `cut()`, `stall()`, `delay()` and `trickle()`. */
  mend(): void {
    this.isCut = false;
    this.latency = 0;
    this.trickles = false;
    this.stalled.clear();
    for (const connection of this.connections) connection.flow();
  }

  async close(): Promise<void> {
    const closed = once(this.listener, 'close');
    this.listener.close();
    this.reset();
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }

  private connect(client: Socket): void {
    this.accepted += 1;
    this.own(client);
    if (this.isCut) {
      client.resetAndDestroy();
      return;
    }
    const server = connect({ port: this.targetPort, host: '127.0.0.1', allowHalfOpen: true });
    this.own(server);
    const giveUp = (): void => void client.resetAndDestroy();
    server.once('close', giveUp);
    server.once('connect', () => {
      server.off('close', giveUp);
      const weather = (): Weather => ({
        stalled: this.stalled,
        delay: this.latency,
        trickles: this.trickles,
      });
      if (client.destroyed) server.destroy();
      else this.open.push(new ProxiedConnection(client, server, weather));
    });
  }

  private own(socket: Socket): void {
    this.sockets.add(socket);
    // 'close' follows, and says all that is of use here.
    socket.on('error', () => undefined);
    socket.once('close', () => this.sockets.delete(socket));
  }
}
