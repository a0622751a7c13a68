import { retryDelay, type RedisArgument, type RedisClient } from './redis.client.js';

/** Milliseconds between pings: missing answers reveal a black hole. */
const PING_INTERVAL = 2_000;
/** Milliseconds that a socket may take to end, and a little more. */
const CLOSE_TIMEOUT = 2_500;

export interface ConnectionEvents {
  /** Commands can be sent. */
  onUp(): void;
  /** Commands can no longer be sent. Those in progress are rejected. */
  onDown(): void;
  /** An attempt to connect has failed. */
  onFailed(error: unknown): void;
}

/** One connection to a server, which reconnects automatically until it is closed. Its errors never end the process. */
export class RedisConnection {
  /** The socket's last error. */
  lastError: unknown;
  private isUp = false;
  private isClosed = false;
  private isPinging = false;
  private pings: NodeJS.Timeout | undefined;
  private revival: NodeJS.Timeout | undefined;

  constructor(
    private readonly client: RedisClient,
    private readonly events: ConnectionEvents,
    /** Any answer proves that the link is up. */
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

  /** @throws The error of the server, or of the client's link. */
  call(command: string, ...args: RedisArgument[]): Promise<unknown> {
    return this.client.callBuffer(command, args);
  }

  /** Ends the connection, which then comes back. */
  reset(): void {
    if (!this.isClosed) this.client.disconnect(true);
  }

  /** Rejects commands in progress. Resolves when the socket is gone. */
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
    // The listener for 'error' stays: without it, the client would log its socket's last error to the console.
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
    // Its events report the result.
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

  /** The client's own strategy has given up. */
  private readonly onEnd = (): void => {
    if (this.isClosed) return;
    clearTimeout(this.revival);
    this.revival = setTimeout(() => this.connect(), retryDelay(5)).unref();
  };
}
