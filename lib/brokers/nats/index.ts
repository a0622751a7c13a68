/**
 * Rooms over NATS. Needs `@nats-io/transport-node` and `@nats-io/jetstream`.
 *
 * @module nestjs-revali-ws/nats
 */

export { NatsBroker } from './nats.broker.js';
export type { NatsBrokerOptions, NatsJetStreamOptions } from './nats.options.js';
