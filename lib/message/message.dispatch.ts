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

/** The handlers of one `@WebSocketController`, created before the first message. */
export interface DispatchParts {
  readonly types: ResolvedMessageTypes;
  readonly format: MessageFormat;
  readonly maxDepth: number;
  readonly handlers: ReadonlyMap<string, MessageHandler>;
  /** Handles messages that no other method handles. */
  readonly rest: MessageHandler | undefined;
  readonly onConnect: MessageHandler | undefined;
  /** Handles messages that nobody else does; never throws. */
  readonly onError: MessageHandlerError;
  /** Called if the option `by` returns a promise. */
  readonly onPromisedType: () => void;
}

export type MessageHandlerError = (
  error: unknown,
  invocation: Invocation,
) => Promise<void> | undefined;

/** Passes each message to the handler of its type. Names of types come only from the map, never from a client. */
export function createDispatcher(parts: DispatchParts): MessageHandler {
  const { handlers, rest, onConnect, onError } = parts;
  const { by, body: part } = parts.types;
  // A function may refuse a message; a property has nothing to decide.
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
      // Names from clients must not appear in metrics.
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

/** A message that cannot be read has no type, unless the codec itself failed. */
function answerUnread(
  { rest, onError }: DispatchParts,
  error: unknown,
  invocation: Invocation,
): Promise<void> | undefined {
  const isClients = error instanceof InvalidPayloadException;
  return rest && isClients ? rest(invocation) : onError(error, invocation);
}

/**
 * If a function expects another form of message, the client causes its exception, unless the exception itself says what
 * to answer.
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

/** A property requires JSON; a function may accept texts as well. */
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
