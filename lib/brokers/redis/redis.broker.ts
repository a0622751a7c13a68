import type {
  BrokerCapabilities,
  BrokerConnectOptions,
  BrokerEvents,
  BrokerLink,
  RoomBroker,
} from '../room.broker.js';
import { BROKER } from './redis.errors.js';
import { RedisLink } from './redis.link.js';
import { RedisNames } from './redis.names.js';
import {
  resolveRedisOptions,
  type RedisBrokerOptions,
  type ResolvedRedisOptions,
} from './redis.options.js';

/**
 * Carries broadcasts between applications over Redis 6.2 or newer, and keeps history and presence there. It needs the
 * package `ioredis`, version 5 or 6.
 *
 * Each application has two connections to each server. A broadcast is one command; a broadcast with history is one
 * script, which keeps and publishes it in one order. A broken link comes back automatically. Until then, broadcasts are
 * refused; those in progress are repeated if there is history, so that they are accepted once.
 */
export class RedisBroker implements RoomBroker {
  readonly name = BROKER;
  readonly capabilities: BrokerCapabilities = { history: true, presence: true };
  private readonly options: ResolvedRedisOptions;

  /** @throws InvalidWebSocketOptionException */
  constructor(options: RedisBrokerOptions) {
    this.options = resolveRedisOptions(options);
  }

  /**
   * Resolves when a server can be used. With several servers, those that cannot be reached count as lost until they
   * can.
   *
   * @throws BrokerUnavailableException if no server can be reached
   * @throws UnusableBrokerException if one is a node of a Redis Cluster, a replica, or too old
   */
  async connect(events: BrokerEvents, options?: BrokerConnectOptions): Promise<BrokerLink> {
    const link = new RedisLink(this.options, new RedisNames(options?.prefix ?? 'rws'), events);
    try {
      await link.open();
    } catch (error) {
      await link.close();
      throw error;
    }
    return link;
  }
}
