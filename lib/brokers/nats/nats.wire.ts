import type { NatsConnection, Status } from '@nats-io/transport-node';
import { messageOf } from '../../log/error.text.js';
import { isConnectionEnd, LinkLostError, unavailable } from './nats.errors.js';

/** Milliseconds between attempts to connect; doubles from the first to the last. */
const FIRST_DELAY = 100;
const LAST_DELAY = 2_000;
/** Milliseconds that a connection may take to close. */
const CLOSE_TIMEOUT = 1_000;

export interface WireParts {
  readonly dial: () => Promise<NatsConnection>;
  /** Prepares a connection before it is used. */
  readonly prepare: (connection: NatsConnection) => Promise<void>;
  /** The prepared connection is not used. */
  readonly discard: () => void;
  /** The server refuses this application something. */
  readonly onRefused: (error: Error) => void;
  /** An attempt to reconnect has failed. */
  readonly onFailed: (error: unknown) => void;
  readonly onLost: () => void;
  readonly onReady: (connection: NatsConnection) => void;
}

/**
 * The connection to NATS, and the next one after it breaks. Each is new: one that reconnects automatically would
 * subscribe again before the hub knows, and send messages that were refused.
 */
export class NatsWire {
  private current: NatsConnection | undefined;
  /** The connection that is up and being prepared. */
  private coming: NatsConnection | undefined;
  private readonly underWay = new Set<(error: Error) => void>();
  private retry: NodeJS.Timeout | undefined;
  private delay = FIRST_DELAY;
  private isClosed = false;
  /** Why the last attempt to connect failed. */
  private lastError: unknown;

  constructor(private readonly parts: WireParts) {}

  /** @throws Errors of the transport, or of JetStream. */
  async open(): Promise<void> {
    this.adopt(await this.dial());
  }

  get isUp(): boolean {
    return this.current !== undefined;
  }

  /** @throws BrokerUnavailableException */
  get connection(): NatsConnection {
    if (this.current) return this.current;
    if (this.isClosed) throw unavailable('this link is closed', 'refused');
    const why = this.lastError === undefined ? '' : `: ${messageOf(this.lastError)}`;
    throw unavailable(`not connected${why}`, 'refused', this.lastError);
  }

  /** Rejects when the link breaks, because no answer can come after that. */
  during<T>(work: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.underWay.add(reject);
      const settle = (tell: () => void): void => {
        this.underWay.delete(reject);
        tell();
      };
      work.then(
        (value) => settle(() => resolve(value)),
        (error: unknown) =>
          settle(() => reject(isConnectionEnd(error) ? new LinkLostError() : error)),
      );
    });
  }

  async close(): Promise<void> {
    this.isClosed = true;
    clearTimeout(this.retry);
    const { coming, current } = this;
    this.current = undefined;
    this.breakOff();
    await Promise.all(
      [coming, current].flatMap((connection) => (connection ? [end(connection)] : [])),
    );
  }

  private async dial(): Promise<NatsConnection> {
    const connection = await this.parts.dial();
    this.coming = connection;
    try {
      if (!this.isClosed) await this.parts.prepare(connection);
    } catch (error) {
      this.parts.discard();
      await end(connection);
      throw error;
    } finally {
      this.coming = undefined;
    }
    return connection;
  }

  private adopt(connection: NatsConnection): void {
    if (this.isClosed || connection.isClosed()) {
      this.parts.discard();
      void end(connection);
      if (!this.isClosed) throw unavailable('the link broke while it was made', 'refused');
      return;
    }
    this.current = connection;
    this.delay = FIRST_DELAY;
    this.lastError = undefined;
    void this.watch(connection);
  }

  private async watch(connection: NatsConnection): Promise<void> {
    for await (const status of connection.status()) {
      if (isEnd(status)) break;
      if (status.type === 'error') this.parts.onRefused(status.error);
    }
    this.lose(connection);
  }

  private lose(connection: NatsConnection): void {
    void end(connection);
    if (this.current !== connection) return;
    this.current = undefined;
    this.parts.onLost();
    this.breakOff();
    this.retryLater();
  }

  private breakOff(): void {
    for (const reject of this.underWay) reject(new LinkLostError());
    this.underWay.clear();
  }

  private retryLater(): void {
    if (this.isClosed) return;
    // Spreads the attempts of all applications.
    const wait = this.delay * (0.5 + Math.random() / 2);
    this.delay = Math.min(this.delay * 2, LAST_DELAY);
    this.retry = setTimeout(() => void this.redial(), wait).unref();
  }

  private async redial(): Promise<void> {
    try {
      const connection = await this.dial();
      this.adopt(connection);
      if (this.current === connection) this.parts.onReady(connection);
    } catch (error) {
      this.lastError = error;
      if (!this.isClosed) this.parts.onFailed(error);
      this.retryLater();
    }
  }
}

const isEnd = ({ type }: Status): boolean =>
  type === 'disconnect' || type === 'staleConnection' || type === 'close';

/** A connection into a black hole does not even close. */
async function end(connection: NatsConnection): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, CLOSE_TIMEOUT).unref();
  });
  await Promise.race([connection.close().catch(() => undefined), late]);
  clearTimeout(timer);
}
