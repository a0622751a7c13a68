import { isSendableCloseCode } from '../close/close.code.js';
import { InvalidWebSocketOptionException } from '../errors/revali-ws.exceptions.js';
import { bodyKindOf, type BodyKind } from '../message/message.body.js';
import { RouteParamtypes } from '../nest/internals.js';
import { readMetadata } from '../nest/metadata.js';
import { emittedTypesOf, paramMetadataOf } from '../nest/param.metadata.js';
import { prototypeOf } from '../nest/prototype.js';
import { frozenCopy } from '../values/frozen.copy.js';
import type { DeclaredMessage } from './message.description.js';
import { RouteMetadataAccessor } from './route-metadata.accessor.js';
import type { RouteDefinition } from './route.definition.js';

/** A property of a body that a handler takes, as with `@Body('name')`. */
export interface WebSocketBodyPart {
  /** The decorator's argument: with dots if it is the path of a property. */
  readonly name: string;
  /** The type of the parameter, as the compiler emitted it; `undefined` if it emitted none. */
  readonly type: unknown;
  /** The standard schema of the parameter, if Nest 12 has one. */
  readonly schema: unknown;
}

/** The body of a message, as a handler takes it. */
export interface WebSocketRouteBody {
  /** How a payload is read if the option `format` is `'auto'`. `'none'`: no parameter takes the body. */
  readonly kind: BodyKind;
  /** The type of the parameter, as the compiler emitted it; `undefined` if it emitted none. */
  readonly type: unknown;
  /** The standard schema of `@Body({ schema })`, if Nest 12 has one. */
  readonly schema: unknown;
  /** The parts of the body that the handler takes if no parameter takes the whole body. */
  readonly parts: readonly WebSocketBodyPart[];
}

/** What a handler takes and returns. */
export interface WebSocketHandlerInfo {
  /** The name of the method. Empty for a `@WebSocketController()` itself. */
  readonly methodName: string;
  /** The body that the handler takes. */
  readonly body: WebSocketRouteBody;
  /** The messages from `@Receives()`; for a route, also from its class. */
  readonly receives: readonly DeclaredMessage[];
  /** The messages from `@Sends()`; for a route, also from its class. */
  readonly sends: readonly DeclaredMessage[];
  /** The type of the result, as the compiler emitted it; `undefined` if it emitted none. */
  readonly returnType: unknown;
}

/** The handler of one type of messages. */
export interface WebSocketMessageInfo extends WebSocketHandlerInfo {
  /** `undefined` for messages that no other method handles. */
  readonly type: string | undefined;
}

export function handlerInfoOf(
  { controller }: RouteDefinition,
  methodName: string,
): WebSocketHandlerInfo {
  const prototype = prototypeOf(controller);
  const method: unknown = methodName === '' ? undefined : Reflect.get(prototype, methodName);
  const declared = (direction: 'receives' | 'sends'): readonly DeclaredMessage[] =>
    typeof method === 'function'
      ? frozenCopy(RouteMetadataAccessor.declaredOf(direction, method))
      : Object.freeze([]);
  return Object.freeze({
    methodName,
    body: bodyOf(controller, methodName),
    receives: declared('receives'),
    sends: declared('sends'),
    returnType: readMetadata('design:returntype', prototype, methodName),
  });
}

/** A parameter that takes the whole body is more specific than one that takes a property. */
function bodyOf(controller: RouteDefinition['controller'], methodName: string): WebSocketRouteBody {
  const bodies = paramMetadataOf(controller, methodName).filter(
    ({ paramtype }) => paramtype === RouteParamtypes.BODY,
  );
  const types = emittedTypesOf(prototypeOf(controller), methodName);
  const whole = bodies.find(({ data }) => typeof data !== 'string' || data === '');
  // Types and schemas belong to the application.
  if (whole) {
    const type = types[whole.index];
    const parts = Object.freeze([]);
    return Object.freeze({ kind: bodyKindOf(type), type, schema: whole.schema, parts });
  }
  const parts = bodies
    .toSorted((one, other) => one.index - other.index)
    .map(({ data, index, schema }) =>
      Object.freeze({ name: String(data), type: types[index], schema }),
    );
  const kind = bodies.length > 0 ? 'json' : 'none';
  return Object.freeze({ kind, type: undefined, schema: undefined, parts: Object.freeze(parts) });
}

export function roomMessagesOf({ joins }: RouteDefinition): readonly DeclaredMessage[] {
  const kinds = new Set(joins.map(({ kind }) => kind));
  return frozenCopy([...kinds].flatMap((kind) => RouteMetadataAccessor.declaredOf('sends', kind)));
}

/** @throws InvalidWebSocketOptionException for a code that cannot be sent */
export function closesOf({ controller, method, where }: RouteDefinition): Record<number, string> {
  const codes = {
    ...RouteMetadataAccessor.closesOf(controller),
    ...RouteMetadataAccessor.closesOf(method),
  };
  for (const code of Object.keys(codes)) {
    if (isSendableCloseCode(Number(code))) continue;
    const cure = 'Use 1000 to 1003, 1007 to 1014, or 3000 to 4999.';
    throw new InvalidWebSocketOptionException(where, 'code of @Closes()', code, cure);
  }
  return Object.freeze(codes);
}
