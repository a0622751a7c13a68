import type { Abstract, Type } from '@nestjs/common';

/** A class, a standard schema (zod, arktype, valibot), or a JSON Schema. */
export type MessageType = object;

/** What `@Receives()` and `@Sends()` may say about a message in addition to its type. */
export interface MessageDescription {
  /** A class; `String` for text, `Buffer` for bytes. */
  readonly type?: Type<unknown> | Abstract<unknown>;
  /** A standard schema, or a JSON Schema, instead of `type`. */
  readonly schema?: object;
  /** Default: the name of the class, or the title of the schema. */
  readonly name?: string;
  /** One line. */
  readonly summary?: string;
  /** Any length, as Markdown. */
  readonly description?: string;
  /** Payloads, as clients see them. */
  readonly examples?: readonly unknown[];
  /** Whether clients should stop using it. Default: false. */
  readonly deprecated?: boolean;
}

/** A message as declared by a decorator. */
export interface DeclaredMessage extends Omit<MessageDescription, 'type' | 'schema'> {
  /** The class, or the schema. */
  readonly type: MessageType;
}

const WORDS: ReadonlySet<string> = new Set([
  'type',
  'schema',
  'name',
  'summary',
  'description',
  'examples',
  'deprecated',
]);

export function declaredMessage(given: MessageType | MessageDescription): DeclaredMessage {
  if (!isDescription(given)) return { type: given };
  const { type, schema, ...rest } = given;
  return { ...rest, type: schema ?? type ?? Object };
}

/** A JSON Schema has a string as its type, or keywords that no description has. */
function isDescription(given: object): given is MessageDescription {
  if (typeof given === 'function' || '~standard' in given) return false;
  const type: unknown = Reflect.get(given, 'type');
  const schema: unknown = Reflect.get(given, 'schema');
  const names = typeof type === 'function' || (typeof schema === 'object' && schema !== null);
  return (
    (names || typeof schema === 'function') && Object.keys(given).every((word) => WORDS.has(word))
  );
}
