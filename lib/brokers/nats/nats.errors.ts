import { errors } from '@nats-io/transport-node';
import { UnusableBrokerException } from '../../errors/broker.exceptions.js';
import { BrokerUnavailableException } from '../../errors/room.exceptions.js';
import { messageOf } from '../../log/error.text.js';

export const BROKER = 'NatsBroker';

export type Outcome = BrokerUnavailableException['outcome'];

export const unavailable = (
  what: string,
  outcome: Outcome,
  cause?: unknown,
): BrokerUnavailableException => new BrokerUnavailableException(BROKER, what, outcome, cause);

/** The link broke while a request was in progress. */
export class LinkLostError extends Error {
  constructor() {
    super('the link broke before the answer came');
    this.name = LinkLostError.name;
  }
}

/** Turns the error of a failed request into its outcome. */
export function failureOf(error: unknown): BrokerUnavailableException {
  if (error instanceof BrokerUnavailableException) return error;
  return unavailable(messageOf(error), isPublishRefused(error) ? 'refused' : 'unknown', error);
}

/** The transport has ended the request: its connection is gone. */
export const isConnectionEnd = (error: unknown): boolean =>
  error instanceof errors.ClosedConnectionError ||
  (error instanceof errors.RequestError && /^connection (closed|disconnected)/.test(error.message));

/** The server allows this user no more subscriptions, and does not say which one it has refused. */
export const isTooManySubscriptions = (error: unknown): boolean =>
  error instanceof Error && /maximum subscriptions exceeded/i.test(error.message);

/** The server does not allow this user to publish it. */
export function isPublishRefused(error: unknown): boolean {
  if (error instanceof errors.RequestError) return isPublishRefused(error.cause);
  return error instanceof errors.PermissionViolationError && error.operation === 'publish';
}

/** Waiting does not help, but somebody who reads the error may. */
export const isPermanent = (error: unknown): boolean =>
  error instanceof UnusableBrokerException ||
  error instanceof errors.AuthorizationError ||
  error instanceof errors.UserAuthenticationExpiredError;

/** Nobody listens on the subject. */
export const isNoResponders = (error: unknown): boolean =>
  error instanceof errors.NoRespondersError ||
  (error instanceof errors.RequestError && error.isNoResponders());
