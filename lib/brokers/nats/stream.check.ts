import type { StreamConfig } from '@nats-io/jetstream';
import { UnusableBrokerException } from '../../errors/broker.exceptions.js';
import { BROKER } from './nats.errors.js';

/** The required settings of a stream. The server's operator chooses the others. */
export type WantedStream = Pick<
  StreamConfig,
  'name' | 'subjects' | 'max_msgs_per_subject' | 'max_age' | 'republish'
> &
  Partial<Pick<StreamConfig, 'allow_direct' | 'duplicate_window'>>;

/** Nanoseconds in a millisecond. */
export const NANOS = 1_000_000;

/**
 * Checks a stream that existed before and may belong to anyone.
 *
 * @param purpose Such as "which keeps rooms".
 * @throws UnusableBrokerException
 */
export function assertStream(
  found: Partial<StreamConfig>,
  wanted: WantedStream,
  purpose: string,
  cure: string,
): void {
  const compare = (what: string, is: unknown, wants: unknown): void => {
    if (JSON.stringify(is) === JSON.stringify(wants)) return;
    throw new UnusableBrokerException(
      BROKER,
      `the stream ${wanted.name} of JetStream, ${purpose}, has ${what} ${JSON.stringify(is)}, ` +
        `and ${JSON.stringify(wants)} is needed`,
      cure,
    );
  };
  compare('max_msgs_per_subject', found.max_msgs_per_subject, wanted.max_msgs_per_subject);
  compare('max_age in ms', millisecondsOf(found.max_age), millisecondsOf(wanted.max_age));
  compare('subjects', found.subjects, wanted.subjects);
  compare('republish.src', found.republish?.src, wanted.republish?.src);
  compare('republish.dest', found.republish?.dest, wanted.republish?.dest);
  compare('republish.headers_only', found.republish?.headers_only ?? false, false);
  if (wanted.allow_direct) compare('allow_direct', found.allow_direct ?? false, true);
  if (wanted.duplicate_window !== undefined)
    compare(
      'duplicate_window in ms',
      millisecondsOf(found.duplicate_window),
      millisecondsOf(wanted.duplicate_window),
    );
  // These would drop messages without a consumer, leave messages unanswered, or refuse new ones.
  compare('retention', found.retention, 'limits');
  compare('no_ack', found.no_ack ?? false, false);
  compare('sealed', found.sealed ?? false, false);
  compare('discard_new_per_subject', found.discard_new_per_subject ?? false, false);
}

const millisecondsOf = (nanoseconds = 0): number => nanoseconds / NANOS;
