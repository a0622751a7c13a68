import { UnserializableMessageException } from '../errors/revali-ws.exceptions.js';
import { PreparedMessage } from '../handles/prepared.message.js';
import type { MessageFormat } from '../options/message.format.js';
import { contentOf, FramedMessage } from './framed.message.js';
import { bytesOf, copyOf, payloadOf, type Payload } from './payload.js';

/** The output of an encoder, and the input of a sink. */
export type Outgoing = Payload | PreparedMessage;

/** Encodes what a route sends; `undefined` never reaches it. */
export type OutgoingEncoder = (value: unknown) => Outgoing;

/** Prepares what a route sends. */
export type Preparer = <T>(value: T) => PreparedMessage<T>;

/** @throws UnserializableMessageException from the encoder that it returns. */
export function outgoingEncoderOf(format: MessageFormat): OutgoingEncoder {
  const encode = encoderOf(format);
  const form = formOf(format);
  const adopted = new AdoptedMessages();
  return (value) => {
    if (!isPrepared(value)) return encode(value);
    const message = adopted.ownOf(value);
    if (message.format === form) return message;
    // The value may have changed since it was prepared, so it cannot be encoded again.
    throw faultOf(
      'it was prepared for routes of another format; prepare it with a connection of this route',
    );
  };
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

/** `'raw'` differs only for incoming messages. */
const formOf = (format: MessageFormat): MessageFormat => (format === 'raw' ? 'auto' : format);

/** Messages prepared by another build of this package: their getters are called once. */
class AdoptedMessages {
  private readonly known = new WeakMap<PreparedMessage, PreparedMessage>();

  /** @throws UnserializableMessageException if it only looks like a prepared message. */
  ownOf(message: PreparedMessage): PreparedMessage {
    if (FramedMessage.isOne(message)) return message;
    const known = this.known.get(message);
    if (known) return known;
    const own = adopt(message);
    this.known.set(message, own);
    return own;
  }
}

function adopt(message: PreparedMessage): PreparedMessage {
  try {
    return new FramedMessage(contentOf(message), message.format);
  } catch {
    throw faultOf(
      'it only looks like a prepared message; send what prepare() returned, not a proxy of it',
    );
  }
}

const faultOf = (text: string): UnserializableMessageException =>
  new UnserializableMessageException(new TypeError(text));

export function isPrepared(value: unknown): value is PreparedMessage {
  try {
    return typeof value === 'object' && value instanceof PreparedMessage;
  } catch {
    // A proxy may refuse to say what it is.
    return false;
  }
}

/** Encodes one result; `undefined` results never reach it. */
export type MessageEncoder = (value: unknown) => Payload;

/** @throws UnserializableMessageException from the encoder that it returns. */
export function encoderOf(format: MessageFormat): MessageEncoder {
  if (typeof format === 'object') return guarded((value) => payloadOf(format.encode(value)));
  switch (format) {
    case 'json':
      return guarded(encodeJson);
    case 'text':
      return guarded((value) => asText(encodeAuto(value)));
    case 'binary':
      return guarded((value) => asBytes(encodeAuto(value)));
    case 'auto':
    case 'raw':
      return encodeAutoGuarded;
  }
}

function encodeAutoGuarded(value: unknown): Payload {
  if (typeof value === 'string') return value;
  try {
    return encodeAuto(value);
  } catch (error) {
    throw new UnserializableMessageException(error);
  }
}

function guarded(encode: MessageEncoder): MessageEncoder {
  return (value) => {
    try {
      return encode(value);
    } catch (error) {
      throw new UnserializableMessageException(error);
    }
  };
}

function encodeAuto(value: unknown): Payload {
  if (typeof value === 'string') return value;
  return bytesOf(value) ?? encodeJson(value);
}

function encodeJson(value: unknown): string {
  const text = JSON.stringify(value);
  // A function or a symbol has no JSON form; sending nothing would leave the client waiting.
  if (text === undefined) throw new TypeError(`a ${typeof value} has no JSON form`);
  return text;
}

function asText(payload: Payload): string {
  return typeof payload === 'string' ? payload : copyOf(payload).toString('utf8');
}

function asBytes(payload: Payload): Uint8Array {
  return typeof payload === 'string' ? Buffer.from(payload, 'utf8') : payload;
}
