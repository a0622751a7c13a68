import { encoderOf } from '../message/message.codec.js';
import { UnserializableMessageException } from '../revali-ws.exceptions.js';
import type { MessageFormat } from '../options/message.format.js';
import { FramedMessage } from './framed.message.js';
import { isPrepared, type Outgoing, type PreparedMessage } from './prepared.message.js';

/** Encodes what a route sends; `undefined` never reaches it. */
export type OutgoingEncoder = (value: unknown) => Outgoing;

/** Prepares what a route sends. */
export type Preparer = <T>(value: T) => PreparedMessage<T>;

/** @throws UnserializableMessageException from the encoder that it returns. */
export function outgoingEncoderOf(format: MessageFormat): OutgoingEncoder {
  const encode = encoderOf(format);
  const ownForm = formOf(format);
  return (value) => (isPrepared(value) ? ofForm(ownForm, value) : encode(value));
}

/** @throws UnserializableMessageException from the preparer that it returns. */
export function preparerOf(format: MessageFormat): Preparer {
  const encode = encoderOf(format);
  const form = formOf(format);
  return (value) => {
    if (isPrepared(value)) throw faultOf('it is prepared already; send it');
    if (value === undefined) throw faultOf('undefined is never sent');
    return new FramedMessage(encode(value), form);
  };
}

/** `'raw'` differs in what comes in alone. */
const formOf = (format: MessageFormat): MessageFormat => (format === 'raw' ? 'auto' : format);

/** The value may have changed since it was prepared, so that it cannot be encoded anew. */
function ofForm(form: MessageFormat, message: PreparedMessage): PreparedMessage {
  if (message.format === form) return message;
  throw faultOf(
    'it was prepared for routes of another format; prepare it by a connection of this route as well',
  );
}

const faultOf = (text: string): UnserializableMessageException =>
  new UnserializableMessageException(new TypeError(text));
