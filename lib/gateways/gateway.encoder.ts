import type { PreparedMessage } from '../handles/prepared.message.js';
import { FramedMessage } from '../send/framed.message.js';
import {
  encoderOf,
  isPrepared,
  outgoingEncoderOf,
  type OutgoingEncoder,
} from '../send/message.encoder.js';
import type { Payload } from '../send/payload.js';

/** The format of prepared messages. */
const FORMAT = 'auto';

const encodeBytesOrJson = encoderOf(FORMAT);
const encodeJson = encoderOf('json');
const encodePrepared = outgoingEncoderOf(FORMAT);

/** Bytes stay as they are; everything else becomes JSON, including strings. @throws UnserializableMessageException */
export function encodeResult(result: unknown): Payload {
  return typeof result === 'string' ? encodeJson(result) : encodeBytesOrJson(result);
}

/** @throws UnserializableMessageException */
export const encodeOutgoing: OutgoingEncoder = (value) =>
  isPrepared(value) ? encodePrepared(value) : encodeResult(value);

/** @throws UnserializableMessageException */
export function prepareResult<T>(value: T): PreparedMessage<T> {
  return new FramedMessage<T>(encodeResult(value), FORMAT);
}
