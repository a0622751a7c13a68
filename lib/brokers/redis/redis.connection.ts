import { retryDelay, type RedisArgument, type RedisClient } from './redis.client.js';

/** Milliseconds between pings: a black hole shows by their missing answers. */
const PING_INTERVAL = 2_000;
/** Milliseconds that a socket may take to end, and a little more. */
const CLOSE_TIMEOUT = 2_500;

export interface ConnectionEvents {
  /** Commands can be sent. */
  onUp(): void;
  /** They cannot any more. Those that were under way are rejected. */
  onDown(): void;
  /** A try to connect has failed. */
  onFailed(error: unknown): void;
}

/** One connection to a server, which comes back by itself until it is closed. No error of it ends the process. */
export class RedisConnection {
  /** What its socket said last. */
  lastError: unknown;
  private isUp = false;
  private isClosed = false;
  private isPinging = false;
  private pings: NodeJS.Timeout | undefined;
  private revival: NodeJS.Timeout | undefined;

  constructor(
    private readonly client: RedisClient,
    private readonly events: ConnectionEvents,
    /** Any answer says that the link is there. */
    private readonly probe: () => Promise<unknown> = () => this.call('ping'),
  ) {
    client.on('error', this.onError);
    client.on('ready', this.onReady);
    client.on('close', this.onClose);
    client.on('end', this.onEnd);
  }

  get isReady(): boolean {
    return this.isUp && this.client.status === 'ready';
  }

  open(): void {
    this.pings = setInterval(() => this.ping(), PING_INTERVAL).unref();
    const { status } = this.client;
    if (status === 'ready') this.onReady();
    else if (status === 'wait' || status === 'end') this.connect();
  }

  /** @throws What the server says, or what the client says of its link. */
  call(command: string, ...args: RedisArgument[]): Promise<unknown> {
    return this.client.callBuffer(command, args);
  }

  /** Ends the connection, which then comes back. */
  reset(): void {
    if (!this.isClosed) this.client.disconnect(true);
  }

  /** What is under way is rejected. Resolves when the socket is gone. */
  async close(): Promise<void> {
    if (this.isClosed) return;
    this.isClosed = true;
    clearInterval(this.pings);
    clearTimeout(this.revival);
    const hasSocket = ['ready', 'connect', 'connecting'].includes(this.client.status);
    const gone = hasSocket ? this.gone() : Promise.resolve();
    this.client.disconnect();
    await gone;
    this.isUp = false;
    this.client.off('ready', this.onReady);
    this.client.off('close', this.onClose);
    this.client.off('end', this.onEnd);
    // The one for 'error' stays: without it, the client would write to the console what its socket says in the end.
  }

  private gone(): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        this.client.off('end', end);
        resolve();
      };
      const timer = setTimeout(end, CLOSE_TIMEOUT).unref();
      this.client.on('end', end);
    });
  }

  private connect(): void {
    // Its events say what became of it.
    this.client.connect().catch(() => undefined);
  }

  private ping(): void {
    if (this.isPinging || !this.isReady) return;
    this.isPinging = true;
    const done = (): void => {
      this.isPinging = false;
    };
    this.probe().then(done, done);
  }

  private readonly onError = (error: unknown): void => {
    this.lastError = error;
  };

  private readonly onReady = (): void => {
    if (this.isUp || this.isClosed) return;
    this.isUp = true;
    this.events.onUp();
  };

  private readonly onClose = (): void => {
    if (this.isClosed) return;
    if (this.isUp) {
      this.isUp = false;
      this.events.onDown();
    } else this.events.onFailed(this.lastError);
  };

  /** A client whose own strategy gives up. */
  private readonly onEnd = (): void => {
    if (this.isClosed) return;
    clearTimeout(this.revival);
    this.revival = setTimeout(() => this.connect(), retryDelay(5)).unref();
  };
}
