import type { HistoryStep, PublishOptions, PublishReceipt, RoomKey } from '../room.broker.js';
import { readChannelMessage, unkept } from './channel.message.js';
import { HistoryPublisher } from './history.publisher.js';
import { HISTORY_SCRIPTS, PUBLISH_ONCE } from './history.scripts.js';
import { MasterCheck } from './master.check.js';
import { PRESENCE_SCRIPTS } from './presence.scripts.js';
import { databaseOf, type RedisArgument } from './redis.client.js';
import { RedisConnection } from './redis.connection.js';
import { failureOf, isOfReplica, unavailable } from './redis.errors.js';
import type { RedisNames } from './redis.names.js';
import type { RedisTarget } from './redis.options.js';
import type { RedisScript } from './redis.script.js';
import { ReplicaWait, type ReplicaDemand } from './replica.wait.js';
import { checkServer } from './server.check.js';

/** Channels in one command. */
const BATCH = 512;
/** Milliseconds until a server that answered with an error is asked again. */
const RETRY_DELAY = 1_000;
/** Milliseconds that commands in progress may take when the link closes. */
const FAREWELL = 2_000;

/** Events of one server. */
export interface ServerEvents {
  onPacket(room: RoomKey, packet: Buffer, step: HistoryStep | undefined): void;
  onNodeGone(node: string): void;
  onLost(): void;
  onReady(): void;
}

export interface ServerParts {
  readonly target: RedisTarget;
  readonly names: RedisNames;
  readonly replicas: ReplicaDemand | undefined;
  readonly events: ServerEvents;
}

interface Opening {
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * The link to one server: a connection for commands and one for subscriptions, which Redis cuts separately if its
 * packets are not read in time. It is ready when both are, and lost when either is.
 */
export class RedisServer {
  readonly names: RedisNames;
  private readonly commands: RedisConnection;
  private readonly subscriptions: RedisConnection;
  private readonly publisher: HistoryPublisher;
  private readonly masterCheck: MasterCheck;
  private readonly underWay = new Set<Promise<unknown>>();
  private state: 'opening' | 'ready' | 'lost' | 'closed' = 'opening';
  private opening: Opening | undefined;
  /** Counts breaks: work that began before one is out of date. */
  private breaks = 0;
  private retry: NodeJS.Timeout | undefined;

  constructor(private readonly parts: ServerParts) {
    const { target, names, replicas } = parts;
    const [commander, subscriber] = target.createClients();
    this.names = names.inDatabase(databaseOf(subscriber));
    subscriber.on('messageBuffer', (channel: Buffer, message: Buffer) =>
      this.onMessage(channel.toString(), message),
    );
    this.subscriptions = new RedisConnection(subscriber, {
      onUp: () => void this.begin(),
      onDown: () => this.onDown(),
      onFailed: (error) => this.onFailed(error),
    });
    this.commands = new RedisConnection(
      commander,
      {
        onUp: () => void this.begin(),
        onDown: () => {
          this.onDown();
          // Otherwise, nobody would own the subscriptions.
          this.subscriptions.reset();
        },
        onFailed: (error) => this.onFailed(error),
      },
      () => this.masterCheck.look(),
    );
    this.masterCheck = new MasterCheck(this.commands, target.name);
    this.publisher = new HistoryPublisher({
      connection: this.commands,
      names: this.names,
      replicas: replicas && new ReplicaWait(this.commands, replicas),
    });
  }

  get isReady(): boolean {
    return this.state === 'ready' && this.commands.isReady;
  }

  /** @throws The reason why it cannot be used (as a rejection); it then keeps trying until `close()`. */
  open(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.opening = { resolve, reject };
      this.commands.open();
      this.subscriptions.open();
    });
  }

  async subscribe(rooms: readonly RoomKey[]): Promise<void> {
    await this.ask(() => this.inBatches('subscribe', rooms));
  }

  /** A lost link has no subscriptions. */
  async unsubscribe(rooms: readonly RoomKey[]): Promise<void> {
    if (this.state === 'lost') return;
    await this.ask(() => this.inBatches('unsubscribe', rooms));
  }

  publish(room: RoomKey, packet: Buffer, { history, id }: PublishOptions): Promise<PublishReceipt> {
    return this.ask(async () => {
      if (history) return { position: await this.publisher.publish(room, packet, history, id) };
      const { names } = this;
      const channel = names.channel(room);
      const message = unkept(packet);
      if (id === undefined) {
        const published = this.commands.call('publish', channel, message);
        await Promise.all([published, this.masterCheck.confirm()]);
      } else await PUBLISH_ONCE.run(this.commands, [names.id(room, id)], [channel, message]);
      return {};
    });
  }

  run(
    script: RedisScript,
    keys: readonly string[],
    args: readonly RedisArgument[],
  ): Promise<unknown> {
    return this.ask(() => script.run(this.commands, keys, args));
  }

  /** Waits a while for commands in progress. */
  async close(): Promise<void> {
    if (this.state === 'closed') return;
    const wasReady = this.isReady;
    this.state = 'closed';
    clearTimeout(this.retry);
    this.opening?.reject(unavailable('this link is closed', 'refused'));
    if (wasReady) await this.farewell();
    this.publisher.close();
    await Promise.all([this.commands.close(), this.subscriptions.close()]);
  }

  private async farewell(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, FAREWELL);
    });
    await Promise.race([Promise.allSettled(this.underWay), late]);
    clearTimeout(timer);
  }

  /** @throws BrokerUnavailableException (as a rejection) */
  private async ask<T>(command: () => Promise<T>): Promise<T> {
    if (!this.isReady) throw this.refusal();
    const answer = command();
    this.underWay.add(answer);
    try {
      return await answer;
    } catch (error) {
      const failure = failureOf(error);
      if (isOfReplica(failure.cause)) this.commands.reset();
      throw failure;
    } finally {
      this.underWay.delete(answer);
    }
  }

  private refusal(): Error {
    if (this.state === 'closed')
      return unavailable('this link is closed: connect() gives another one', 'refused');
    const { lastError } = this.commands;
    return unavailable(`${this.parts.target.name} is not connected`, 'refused', lastError);
  }

  private async inBatches(
    command: 'subscribe' | 'unsubscribe',
    rooms: readonly RoomKey[],
  ): Promise<void> {
    const channels = rooms.map((room) => this.names.channel(room));
    const batches: Promise<unknown>[] = [];
    for (let start = 0; start < channels.length; start += BATCH)
      batches.push(this.subscriptions.call(command, ...channels.slice(start, start + BATCH)));
    await Promise.all(batches);
  }

  /** Both connections are up: checks whether they can be used, and starts using them. */
  private async begin(): Promise<void> {
    if (this.state === 'closed' || !this.commands.isReady || !this.subscriptions.isReady) return;
    const { breaks } = this;
    try {
      await checkServer(this.commands, this.subscriptions, this.parts.target.name);
      const scripts = [...HISTORY_SCRIPTS, ...PRESENCE_SCRIPTS];
      await Promise.all(scripts.map((script) => script.load(this.commands)));
      await this.subscriptions.call('subscribe', this.names.gone);
      if (breaks !== this.breaks) return;
      await this.publisher.repeat();
    } catch (error) {
      if (breaks === this.breaks) this.onUnusable(error);
      return;
    }
    if (breaks !== this.breaks) return;
    const wasLost = this.state === 'lost';
    this.state = 'ready';
    this.opening?.resolve();
    this.opening = undefined;
    if (wasLost) this.parts.events.onReady();
  }

  private onDown(): void {
    this.breaks += 1;
    if (this.state === 'closed') return;
    if (this.state === 'opening') this.onFailed(this.commands.lastError);
    else if (this.state === 'ready') {
      this.state = 'lost';
      this.parts.events.onLost();
    }
  }

  /** The server is up, but cannot be used in its current state. */
  private onUnusable(error: unknown): void {
    this.onFailed(error);
    if (this.state === 'closed') return;
    clearTimeout(this.retry);
    this.retry = setTimeout(() => this.commands.reset(), RETRY_DELAY).unref();
  }

  private onFailed(error: unknown): void {
    this.opening?.reject(error ?? new Error('the connection was closed'));
    this.opening = undefined;
    if (this.state === 'opening') this.state = 'lost';
  }

  private onMessage(channel: string, message: Buffer): void {
    if (this.state === 'closed') return;
    const { names } = this;
    const { events } = this.parts;
    if (channel === names.gone) {
      events.onNodeGone(message.toString());
      return;
    }
    const room = names.roomOf(channel);
    const read = readChannelMessage(message);
    if (room !== undefined && read) events.onPacket(room, read.packet, read.step);
  }
}
