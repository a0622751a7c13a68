import { Logger } from '@nestjs/common';
import { UnusableBrokerException } from '../../errors/broker.exceptions.js';
import { errorStackOf, messageOf } from '../../log/error.text.js';
import type {
  BrokerEvents,
  BrokerLink,
  HistoryStore,
  PresenceStore,
  PublishOptions,
  PublishReceipt,
  RoomFilter,
  RoomKey,
  RoomPosition,
} from '../room.broker.js';
import { BROKER, unavailable } from './redis.errors.js';
import { RedisHistory } from './redis.history.js';
import type { RedisNames } from './redis.names.js';
import type { RedisTarget, ResolvedRedisOptions } from './redis.options.js';
import { RedisPresence, type PresenceParts } from './redis.presence.js';
import { RedisServer } from './redis.server.js';
import { Rendezvous } from './rendezvous.js';

/** One server, its stores, and whether it was reported as lost. */
interface Shard {
  readonly name: string;
  readonly server: RedisServer;
  readonly history: RedisHistory;
  readonly presence: RedisPresence;
  /** Its rooms; `undefined` if it has all of them. */
  readonly rooms: RoomFilter | undefined;
  isLost: boolean;
}

/** One application's link to a {@link RedisBroker}: each room is on one of its servers. */
export class RedisLink implements BrokerLink {
  readonly history: HistoryStore;
  readonly presence: PresenceStore;
  private readonly shards: readonly Shard[];
  private readonly places: Rendezvous<Shard>;
  private readonly logger = new Logger(BROKER);
  /** Nodes of this application, which already knows when they leave. */
  private readonly nodes = new Set<string>();
  private isClosed = false;

  constructor(
    private readonly options: ResolvedRedisOptions,
    private readonly names: RedisNames,
    private readonly events: BrokerEvents,
  ) {
    this.shards = options.targets.map((target) => this.shardOf(target));
    this.places = new Rendezvous(this.shards, ({ name }) => name);
    this.history = {
      read: (room, after, limit) => this.places.of(room).history.read(room, after, limit),
      positions: (rooms) => this.positions(rooms),
    };
    this.presence = this.presenceStore();
  }

  /**
   * Resolves when one server can be used; servers that cannot be reached count as lost, and join later.
   *
   * @throws UnusableBrokerException, BrokerUnavailableException (as a rejection)
   */
  async open(): Promise<void> {
    const opened = await Promise.allSettled(this.shards.map(({ server }) => server.open()));
    const failures: unknown[] = [];
    for (const one of opened) if (one.status === 'rejected') failures.push(one.reason);
    const unusable = failures.find((failure) => failure instanceof UnusableBrokerException);
    if (unusable) throw unusable;
    if (failures.length === this.shards.length) throw unreachable(this.shards, failures[0]);
    for (const shard of this.shards) if (!shard.server.isReady) this.onLost(shard);
  }

  async subscribe(rooms: readonly RoomKey[]): Promise<void> {
    await this.onEach(rooms, ({ server }, own) => server.subscribe(own));
  }

  async unsubscribe(rooms: readonly RoomKey[]): Promise<void> {
    await this.onEach(rooms, ({ server }, own) => server.unsubscribe(own));
  }

  publish(room: RoomKey, packet: Buffer, options: PublishOptions = {}): Promise<PublishReceipt> {
    return this.places.of(room).server.publish(room, packet, options);
  }

  async close(): Promise<void> {
    for (const { presence } of this.shards) presence.close();
    await Promise.all(this.shards.map(({ server }) => server.close()));
    this.isClosed = true;
  }

  private shardOf(target: RedisTarget): Shard {
    const { options } = this;
    const server = new RedisServer({
      target,
      names: this.names,
      replicas: options.replicas,
      events: {
        onPacket: (room, packet, step) =>
          this.tell((events) => events.onPacket(room, packet, step)),
        onNodeGone: (node) => {
          if (!this.nodes.has(node)) this.tell((events) => events.onNodeGone(node, shard.rooms));
        },
        onLost: () => this.onLost(shard),
        onReady: () => this.onReady(shard),
      },
    });
    const { names } = server;
    const run: PresenceParts['run'] = (...script) => server.run(...script);
    const shard: Shard = {
      name: target.name,
      server,
      history: new RedisHistory({ names, run }),
      presence: new RedisPresence({ names, run, isReady: () => server.isReady }),
      rooms: options.targets.length > 1 ? (room) => this.places.of(room) === shard : undefined,
      isLost: false,
    };
    return shard;
  }

  /** A node has its lease on each server; servers that are gone have none of its data. */
  private presenceStore(): PresenceStore {
    const of = (room: RoomKey): RedisPresence => this.places.of(room).presence;
    return {
      renew: async (node, ms) => {
        this.nodes.add(node);
        const held = await this.onLiving(({ presence }) => presence.renew(node, ms));
        return held.every(Boolean);
      },
      write: async (node, changes) => {
        const rooms = changes.map(({ room }) => room);
        await this.onEach(rooms, async ({ presence, server }, own) => {
          const share = new Set(own);
          // All of it is written again when the server is back.
          if (server.isReady || this.shards.length === 1)
            await presence.write(
              node,
              changes.filter(({ room }) => share.has(room)),
            );
        });
      },
      writeCount: (node, room, connections) => of(room).writeCount(node, room, connections),
      read: (room) => of(room).read(room),
      count: (room) => of(room).count(room),
      leave: async (node) => {
        await this.onLiving(({ presence }) => presence.leave(node));
      },
    };
  }

  /** @throws BrokerUnavailableException (as a rejection) if no server is up */
  private onLiving<T>(ask: (shard: Shard) => Promise<T>): Promise<T[]> {
    const living = this.shards.filter(({ server }) => server.isReady);
    return Promise.all((living.length > 0 ? living : this.shards).map(ask));
  }

  private onLost(shard: Shard): void {
    if (shard.isLost) return;
    shard.isLost = true;
    this.tell((events) => events.onLost(shard.rooms));
  }

  private onReady(shard: Shard): void {
    if (!shard.isLost) return;
    shard.isLost = false;
    this.tell((events) => events.onReady(shard.rooms));
  }

  /** The client would treat an exception here as its own error, or let it end the process. */
  private tell(what: (events: BrokerEvents) => void): void {
    if (this.isClosed) return;
    try {
      what(this.events);
    } catch (error) {
      this.logger.error(
        `The application failed to handle an event of the broker: ${messageOf(error)}`,
        errorStackOf(error),
      );
    }
  }

  /** Each server gets its own rooms, all at the same time. */
  private onEach<T>(
    rooms: readonly RoomKey[],
    ask: (shard: Shard, own: readonly RoomKey[]) => Promise<T>,
  ): Promise<T[]> {
    const [only] = this.shards;
    if (only && this.shards.length === 1) return ask(only, rooms).then((answer) => [answer]);
    const shares = new Map<Shard, RoomKey[]>();
    for (const room of rooms) {
      const shard = this.places.of(room);
      const share = shares.get(shard);
      if (share) share.push(room);
      else shares.set(shard, [room]);
    }
    return Promise.all(Array.from(shares, ([shard, own]) => ask(shard, own)));
  }

  private async positions(rooms: readonly RoomKey[]): Promise<readonly RoomPosition[]> {
    const found = await this.onEach(rooms, async ({ history }, own) => {
      const positions = await history.positions(own);
      return own.map((room, index) => [room, positions[index]] as const);
    });
    const known = new Map(found.flat());
    return rooms.flatMap((room) => known.get(room) ?? []);
  }
}

function unreachable(shards: readonly Shard[], cause: unknown): Error {
  const names = shards.map(({ name }) => name).join(' and ');
  return unavailable(`${names} cannot be reached: ${messageOf(cause)}`, 'refused', cause);
}
