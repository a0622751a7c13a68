import { DefaultValuePipe } from '@nestjs/common';
import { RouteParamtypes } from '../nest/internals.js';
import {
  emittedTypesOf,
  paramMetadataOf,
  type ParamMetadata,
  type PipeReference,
} from '../nest/param.metadata.js';
import { prototypeOf } from '../nest/prototype.js';
import type { RouteDefinition } from './route.definition.js';

/** A part of the handshake's query or headers that a handler reads. */
export interface WebSocketHandshakeField {
  /** `undefined` if one parameter takes all of them. */
  readonly name: string | undefined;
  /** The type of the parameter, as the compiler emitted it; `undefined` if it emitted none. */
  readonly type: unknown;
  /** The standard schema of the parameter, if Nest 12 has one. */
  readonly schema: unknown;
  /** Whether a pipe of the parameter accepts a missing value. */
  readonly isOptional: boolean;
}

/** Fields of all methods together; each name counts once. */
export function fieldsOf(
  controller: RouteDefinition['controller'],
  methods: readonly string[],
): Readonly<Record<'query' | 'headers', readonly WebSocketHandshakeField[]>> {
  const read = (paramtype: number): readonly WebSocketHandshakeField[] => {
    const found = methods.flatMap((method) => paramsOf(controller, method, paramtype));
    const once = new Map<unknown, WebSocketHandshakeField>();
    for (const field of found) {
      const key = field.name ?? field;
      if (!once.has(key)) once.set(key, field);
    }
    return Object.freeze([...once.values()]);
  };
  return { query: read(RouteParamtypes.QUERY), headers: read(RouteParamtypes.HEADERS) };
}

function paramsOf(
  controller: RouteDefinition['controller'],
  method: string,
  paramtype: number,
): WebSocketHandshakeField[] {
  const types = emittedTypesOf(prototypeOf(controller), method);
  return paramMetadataOf(controller, method)
    .filter((param) => param.paramtype === paramtype)
    .toSorted((one, other) => one.index - other.index)
    .map((param) => fieldOf(param, types[param.index]));
}

function fieldOf({ data, pipes, schema }: ParamMetadata, type: unknown): WebSocketHandshakeField {
  const name = typeof data === 'string' && data !== '' ? data : undefined;
  return Object.freeze({ name, type, schema, isOptional: pipes.some(doesWithout) });
}

/** True with a default value, or with `optional: true` of Nest's own pipes. */
function doesWithout(pipe: PipeReference): boolean {
  if (pipe instanceof DefaultValuePipe) return true;
  const options: unknown = Reflect.get(pipe, 'options');
  return (
    typeof options === 'object' && options !== null && Reflect.get(options, 'optional') === true
  );
}
