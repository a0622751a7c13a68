import { BrokerUnavailableException } from '../../errors/room.exceptions.js';
import { messageOf } from '../../log/error.text.js';

export const BROKER = 'RedisBroker';

export type Outcome = BrokerUnavailableException['outcome'];

export const unavailable = (
  what: string,
  outcome: Outcome,
  cause?: unknown,
): BrokerUnavailableException => new BrokerUnavailableException(BROKER, what, outcome, cause);

/** The server has answered that it has not done it. */
export const isAnswer = (error: unknown): error is Error =>
  error instanceof Error && error.name === 'ReplyError';

/** The command has not even been sent. */
const isUnsent = (error: unknown): boolean =>
  error instanceof Error && error.message.startsWith("Stream isn't writeable");

/** The server does not let this user do it, or does not know it. */
export const isNotAllowed = (error: unknown): boolean =>
  isAnswer(error) && /^(NOPERM\b|ERR unknown command)/.test(error.message);

/**
 * A failover has made a replica of the server: another one is the master now. Of an error in a script, Redis 6.2 tells
 * the script first.
 */
export const isOfReplica = (error: unknown): boolean =>
  isAnswer(error) && /^(MASTERDOWN|UNBLOCKED)\b|(^|[ -])READONLY /.test(error.message);

/** What became of a command that has failed. */
export function failureOf(error: unknown): BrokerUnavailableException {
  if (error instanceof BrokerUnavailableException) return error;
  if (isAnswer(error)) return unavailable(messageOf(error), 'refused', error);
  if (isUnsent(error)) return unavailable('not connected', 'refused', error);
  return unavailable('the link broke before the answer came', 'unknown', error);
}
