import { JetStreamApiError } from '@nats-io/jetstream';
import type { Msg } from '@nats-io/transport-node';

/** The last message of the subject is not the expected one. */
export const WRONG_LAST_SEQUENCE = 10_071;
export const STREAM_NOT_FOUND = 10_059;
export const STREAM_NAME_IN_USE = 10_058;

/** JetStream's answer to a message. */
export interface Ack {
  readonly sequence: number;
  /** Why it was refused. */
  readonly error: { readonly code: number; readonly text: string } | undefined;
}

/** @throws Error if JetStream did not send the answer */
export function ackFrom(answer: Msg): Ack {
  const ack: unknown = answer.json();
  const error = valueOf(ack, 'error');
  const sequence = Number(valueOf(ack, 'seq'));
  if (error !== undefined) {
    const text = `JetStream: ${String(valueOf(error, 'description'))}`;
    return { sequence, error: { code: Number(valueOf(error, 'err_code')), text } };
  }
  if (!Number.isSafeInteger(sequence) || sequence < 1)
    throw new Error('JetStream has no such answer');
  return { sequence, error: undefined };
}

export const isCode = (error: unknown, code: number): boolean =>
  error instanceof JetStreamApiError && error.code === code;

const valueOf = (owner: unknown, name: string): unknown => Reflect.get(Object(owner), name);
