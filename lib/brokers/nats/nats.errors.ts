import { errors } from '@nats-io/transport-node';
import { BrokerUnavailableException } from '../../errors/room.exceptions.js';
import { messageOf } from '../../log/error.text.js';

export const BROKER = 'NatsBroker';

export type Outcome = BrokerUnavailableException['outcome'];

export const unavailable = (
  what: string,
  outcome: Outcome,
  cause?: unknown,
): BrokerUnavailableException => new BrokerUnavailableException(BROKER, what, outcome, cause);

/** The link broke while something was under way. */
export class LinkLostError extends Error {
  constructor() {
    super('the link broke before the answer came');
    this.name = LinkLostError.name;
  }
}

/** What became of a request that has failed. */
export function failureOf(error: unknown): BrokerUnavailableException {
  return error instanceof BrokerUnavailableException
    ? error
    : unavailable(messageOf(error), 'unknown', error);
}

/** The transport has ended what was under way: its connection is gone. */
export const isConnectionEnd = (error: unknown): boolean =>
  error instanceof errors.ClosedConnectionError ||
  (error instanceof errors.RequestError && /^connection (closed|disconnected)/.test(error.message));

/** Nobody listens where it was sent. */
export const isNoResponders = (error: unknown): boolean =>
  error instanceof errors.NoRespondersError ||
  (error instanceof errors.RequestError && error.isNoResponders());
