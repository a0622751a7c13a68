import type {
  BrokerCapabilities,
  BrokerConnectOptions,
  BrokerEvents,
  BrokerLink,
  RoomBroker,
} from '../room.broker.js';
import { NatsDialer } from './nats.dialer.js';
import { BROKER } from './nats.errors.js';
import { NatsLink } from './nats.link.js';
import { NatsNames } from './nats.names.js';
import {
  resolveNatsOptions,
  type NatsBrokerOptions,
  type ResolvedNatsOptions,
} from './nats.options.js';

/**
 * Carries broadcasts between applications over NATS. Live rooms need only the server; JetStream keeps history and
 * presence, with the option `jetStream`.
 */
export class NatsBroker implements RoomBroker {
  readonly name = BROKER;
  readonly capabilities: BrokerCapabilities;
  private readonly options: ResolvedNatsOptions;

  /** @throws InvalidWebSocketOptionException */
  constructor(options: NatsBrokerOptions = {}) {
    this.options = resolveNatsOptions(options);
    const keeps = this.options.jetStream !== undefined;
    this.capabilities = Object.freeze({ history: keeps, presence: keeps, order: 'sender' });
  }

  async connect(
    events: BrokerEvents,
    { prefix, histories = new Map() }: BrokerConnectOptions = { prefix: 'rws' },
  ): Promise<BrokerLink> {
    const dialer = new NatsDialer(this.options);
    const link = new NatsLink({
      names: new NatsNames(prefix),
      events,
      dial: () => dialer.dial(),
      jetStream: this.options.jetStream,
      histories,
    });
    await link.open();
    return link;
  }
}
