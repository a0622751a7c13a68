import type { DeclaredMessage, WebSocketHandlerInfo, WebSocketRouteInfo } from 'nestjs-revali-ws';
import { builtInSchema } from '../schema/class.properties.js';
import { isClass, isObject, type JsonSchema, type SchemaDirection } from '../schema/json.schema.js';
import { referenceFree } from '../schema/plain.data.js';
import { isStandardSchema, type SchemaSource } from '../schema/schema.source.js';
import { schemaNameOf } from '../schema/swagger.classes.js';
import { contentOf, JSON_TYPE } from './content.type.js';
import type { MessageDraft } from './message.register.js';

/** The place of a message: its route, its direction and its name. */
export interface DraftUse {
  readonly route: WebSocketRouteInfo;
  readonly direction: SchemaDirection;
  /** The message's name if nothing else names it. */
  readonly fallback: string;
}

const BUILT_IN_NAMES = new Map<unknown, string>([
  [String, 'Text'],
  [Buffer, 'Bytes'],
  [Uint8Array, 'Bytes'],
]);

/** The message that the error policy `'reply'` sends. */
export const ERROR: MessageDraft = {
  key: 'WebSocketError',
  name: 'WebSocketError',
  title: 'Error',
  summary: 'A message could not be handled. The connection stays open.',
  contentType: JSON_TYPE,
  payload: {
    type: 'object',
    required: ['error'],
    properties: {
      error: { type: 'object', properties: { statusCode: { type: 'integer' }, message: {} } },
    },
  },
};

/** Creates messages from types and declarations. */
export class MessageDrafts {
  constructor(private readonly schemas: SchemaSource) {}

  declared({ type, examples, deprecated, ...said }: DeclaredMessage, use: DraftUse): MessageDraft {
    const schema = this.schemaOf(type, use);
    const name = said.name ?? nameOf(type, schema) ?? use.fallback;
    const payloads = examples?.map(referenceFree).filter((payload) => payload !== undefined) ?? [];
    return {
      ...this.draft(name, schema, use),
      ...(said.summary !== undefined && { summary: said.summary }),
      ...(said.description !== undefined && { description: said.description }),
      ...(payloads.length > 0 && { examples: payloads.map((payload) => ({ payload })) }),
      ...(deprecated === true && { 'x-revali': { deprecated: true } }),
    };
  }

  /** @returns `undefined` if the type says nothing. */
  ofType(type: unknown, use: DraftUse, isArray = false): MessageDraft | undefined {
    if (!saysSomething(type)) return undefined;
    const schema = this.schemaOf(type, use);
    if (Object.keys(schema).length === 0) return undefined;
    const name = nameOf(type, schema) ?? use.fallback;
    if (!isArray) return this.draft(name, schema, use);
    return this.draft(`${name}List`, { type: 'array', items: schema }, use);
  }

  /** Any message, without a schema. */
  unknown(use: DraftUse): MessageDraft {
    return { ...this.draft(use.fallback, {}, use), 'x-revali': { schema: 'unknown' } };
  }

  draft(name: string, schema: JsonSchema, { route }: DraftUse): MessageDraft {
    return { key: name, name, ...contentOf(route.options.format, schema) };
  }

  /** The handler's body: from its declarations, from the parts that it takes, from its schema, or from its type. */
  bodyOf({ body, receives }: WebSocketHandlerInfo, use: DraftUse): JsonSchema {
    if (receives.length > 0) {
      const schemas = receives.map(({ type }) => this.schemaOf(type, use));
      return schemas.length === 1 ? (schemas[0] ?? {}) : { anyOf: schemas };
    }
    if (body.parts.length > 0) return this.partsOf(body.parts, use);
    return this.schemaOf(body.schema ?? body.type, use);
  }

  schemaOf(type: unknown, { route, direction, fallback }: DraftUse): JsonSchema {
    const where = `${route.controller.name} (${route.path})`;
    return this.schemas.schemaOf(type, { where, direction, name: fallback });
  }

  /** A name with dots is the path to a property. */
  private partsOf(parts: WebSocketHandlerInfo['body']['parts'], use: DraftUse): JsonSchema {
    const byName = new Map<string, typeof parts>();
    for (const part of parts) {
      const [first = ''] = part.name.split('.');
      byName.set(first, [...(byName.get(first) ?? []), part]);
    }
    const properties = [...byName].map(([name, below]) => {
      const whole = below.find((part) => part.name === name);
      const inner = below.map((part) => ({ ...part, name: part.name.slice(name.length + 1) }));
      const schema = whole
        ? this.schemaOf(whole.schema ?? whole.type, use)
        : this.partsOf(inner, use);
      return [name, schema];
    });
    return { type: 'object', properties: Object.fromEntries(properties) };
  }
}

function nameOf(type: unknown, { title }: JsonSchema): string | undefined {
  if (BUILT_IN_NAMES.has(type)) return BUILT_IN_NAMES.get(type);
  if (isClass(type) && !isStandardSchema(type)) return schemaNameOf(type) || undefined;
  return typeof title === 'string' && title !== '' ? title : undefined;
}

/** The compiler erases promises, streams and the like to a class that does not tell their values. */
function saysSomething(type: unknown): boolean {
  if (!isClass(type) || isStandardSchema(type) || builtInSchema(type) !== undefined) return true;
  const prototype: object = isObject(type.prototype) ? type.prototype : {};
  return !['subscribe', 'pipe', Symbol.iterator, Symbol.asyncIterator].some(
    (key) => key in prototype,
  );
}
