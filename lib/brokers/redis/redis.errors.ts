import { BrokerUnavailableException } from '../../errors/room.exceptions.js';
import { messageOf } from '../../log/error.text.js';

export const BROKER = 'RedisBroker';

export type Outcome = BrokerUnavailableException['outcome'];

export const unavailable = (
  what: string,
  outcome: Outcome,
  cause?: unknown,
): BrokerUnavailableException => new BrokerUnavailableException(BROKER, what, outcome, cause);

/** The server has answered that it did not run the command. */
export const isAnswer = (error: unknown): error is Error =>
  error instanceof Error && error.name === 'ReplyError';

/** The command was never sent. */
const isUnsent = (error: unknown): boolean =>
  error instanceof Error && error.message.startsWith("Stream isn't writeable");

/** The server does not allow this user the command, or does not know it. */
export const isNotAllowed = (error: unknown): boolean =>
  isAnswer(error) && /^(NOPERM\b|ERR unknown command)/.test(error.message);

/**
 * A failover has made the server a replica: another one is the master now. For an error in a script, Redis 6.2 puts the
 * script first.
 */
export const isOfReplica = (error: unknown): boolean =>
  isAnswer(error) && /^(MASTERDOWN|UNBLOCKED)\b|(^|[ -])READONLY /.test(error.message);

/** Turns the error of a failed command into its outcome. */
export function failureOf(error: unknown): BrokerUnavailableException {
  if (error instanceof BrokerUnavailableException) return error;
  if (isAnswer(error)) return unavailable(messageOf(error), 'refused', error);
  if (isUnsent(error)) return unavailable('not connected', 'refused', error);
  return unavailable('the link broke before the answer came', 'unknown', error);
}
