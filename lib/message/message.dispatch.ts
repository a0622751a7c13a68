import { UnknownMessageTypeException } from '../errors/message.exceptions.js';
import { InvalidPayloadException } from '../errors/revali-ws.exceptions.js';
import type { MessageFormat } from '../options/message.format.js';
import type { ResolvedMessageTypes } from '../options/message.types.js';
import { ownPropertyOf } from '../values/own.property.js';
import { discardPromise } from '../values/thenable.js';
import { answerOf } from './error.policy.js';
import type { Invocation } from './invocation.js';
import { bodyReaderOf, type ReadableBody } from './message.body.js';
import type { MessageHandler } from './message.handler.js';
import { MessagePart } from './message.part.js';

/** The handlers of one `@WebSocketController`, made before a message comes. */
export interface DispatchParts {
  readonly types: ResolvedMessageTypes;
  readonly format: MessageFormat;
  readonly maxDepth: number;
  readonly handlers: ReadonlyMap<string, MessageHandler>;
  /** Takes what no other takes. */
  readonly rest: MessageHandler | undefined;
  readonly onConnect: MessageHandler | undefined;
  /** Deals with what nobody takes; never throws itself. */
  readonly onError: MessageHandlerError;
  /** Is told where the option `by` gives a promise. */
  readonly onPromisedType: () => void;
}

export type MessageHandlerError = (
  error: unknown,
  invocation: Invocation,
) => Promise<void> | undefined;

/** Hands each message to the handler of its type. The names of types come from the map alone, never from a client. */
export function createDispatcher(parts: DispatchParts): MessageHandler {
  const { handlers, rest, onConnect, onError } = parts;
  const { by, body: part } = parts.types;
  // A function may refuse a message, a property has nothing to decide.
  if (rest && handlers.size === 0 && typeof by === 'string')
    return (invocation) => (invocation.body ? rest : onConnect)?.(invocation);
  const readMessage = messageReader(parts);
  const typeOf = typeReader(parts);
  return (invocation) => {
    const { body } = invocation;
    if (!body) return onConnect?.(invocation);
    let message: unknown;
    try {
      message = readMessage(body);
    } catch (error) {
      return answerUnread(parts, error, invocation);
    }
    let handler: MessageHandler | undefined;
    try {
      const type = typeOf(message);
      if (typeof type === 'string') handler = handlers.get(type);
      // No name of a client's gets into metrics.
      if (handler && typeof type === 'string') invocation.type = type;
    } catch (error) {
      return answerUntold(parts, error, invocation);
    }
    if (!handler)
      return rest ? rest(invocation) : onError(new UnknownMessageTypeException(), invocation);
    if (part !== undefined) invocation.body = new MessagePart(body, ownPropertyOf(message, part));
    return handler(invocation);
  };
}

/** What cannot be read has no type, unless that is the codec's own fault. */
function answerUnread(
  { rest, onError }: DispatchParts,
  error: unknown,
  invocation: Invocation,
): Promise<void> | undefined {
  const isClients = error instanceof InvalidPayloadException;
  return rest && isClients ? rest(invocation) : onError(error, invocation);
}

/**
 * A function that expects something else of the message throws because of the client, unless its exception says what to
 * answer.
 */
function answerUntold(
  { rest, onError }: DispatchParts,
  error: unknown,
  invocation: Invocation,
): Promise<void> | undefined {
  const isUnread = error instanceof InvalidPayloadException;
  const isFault = answerOf(error, 'close').isFault;
  if (rest && (isUnread || isFault)) return rest(invocation);
  return onError(isFault ? new UnknownMessageTypeException(error) : error, invocation);
}

/** A property is one of JSON, a function may take texts as well. */
function messageReader({
  types,
  format,
  maxDepth,
}: DispatchParts): (body: ReadableBody) => unknown {
  const read = bodyReaderOf(format, typeof types.by === 'string' ? 'json' : 'unknown', maxDepth);
  return (body) => read(body, 'unknown');
}

function typeReader({
  types: { by },
  onPromisedType,
}: DispatchParts): (message: unknown) => unknown {
  if (typeof by === 'string') return (message) => ownPropertyOf(message, by);
  return (message) => {
    const type: unknown = by(message);
    if (discardPromise(type)) onPromisedType();
    return type;
  };
}
