import type { PreparedMessage } from '../handles/prepared.message.js';
import { contentOf } from '../send/framed.message.js';
import { isPrepared, type OutgoingEncoder } from '../send/message.encoder.js';
import type { Payload } from '../send/payload.js';
import { withHeader } from './call.header.js';

const withEmptyHeader = (payload: Payload): Payload => withHeader('', payload);

/** Encodes messages that are not answers. A prepared message is framed once for all clients that want a header. */
export function messageEncoder(encode: OutgoingEncoder): OutgoingEncoder {
  return (value) => {
    const message = encode(value);
    return isPrepared(message) ? headedMessage(message) : withEmptyHeader(message);
  };
}

/** The same message for clients that want a header. */
function headedMessage(message: PreparedMessage): PreparedMessage {
  return message.headedBy(withEmptyHeader);
}

/** Encodes an answer, whose header no other client gets. */
export function answerEncoder(header: string, encode: OutgoingEncoder): OutgoingEncoder {
  return (value) => {
    const answer = encode(value);
    return withHeader(header, isPrepared(answer) ? contentOf(answer) : answer);
  };
}
