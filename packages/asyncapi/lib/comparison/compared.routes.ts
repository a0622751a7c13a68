import { isRecord, listOf, memberOf, type JsonSchema } from '../schema/json.schema.js';
import { lastNameOf } from '../schema/reference.js';
import { grouped } from './grouped.js';

/** A message of a route, as a document describes it. */
export interface ContractMessage {
  readonly key: string;
  readonly name: string;
  /** The value of the property that names the message's type. */
  readonly type: string | undefined;
  readonly contentType: string;
  readonly payload: unknown;
  readonly isUnknown: boolean;
  readonly isDeprecated: boolean;
}

/** A route of a document, for one of its versions and one of its hosts. */
export interface ContractRoute {
  /** Equal for two routes that clients reach in the same way. */
  readonly place: { readonly shape: string; readonly version: string; readonly host: string };
  readonly path: string;
  readonly summary: string | undefined;
  readonly description: string | undefined;
  readonly parameters: readonly string[];
  /** The allowed values of a parameter, by its key. */
  readonly values: ReadonlyMap<string, readonly unknown[]>;
  readonly query: JsonSchema | undefined;
  readonly headers: JsonSchema | undefined;
  readonly received: readonly ContractMessage[];
  readonly sent: readonly ContractMessage[];
  /** The keys of the messages that answer a message, by its key. */
  readonly answers: ReadonlyMap<string, readonly unknown[]>;
  readonly security: readonly string[];
  /** `x-revali` of the channel. */
  readonly said: Readonly<Record<string, unknown>>;
}

/** The parts of a document that a comparison reads. */
export interface Contract {
  readonly routes: readonly ContractRoute[];
  readonly schemas: Readonly<Record<string, unknown>>;
}

/** An object of a document. */
type Said = Readonly<Record<string, unknown>>;

/** Stands for any version or any host. */
export const ANY = '*';

/** Reads any value, and ignores parts that are malformed. */
export function contractOf(document: unknown): Contract {
  const schemas = memberOf(memberOf(document, 'components'), 'schemas');
  const messages = recordOf(memberOf(memberOf(document, 'components'), 'messages'));
  const operations = grouped(
    Object.values(recordOf(memberOf(document, 'operations'))).filter(isRecord),
    ({ channel }) => lastStep(channel),
  );
  const channels = memberOf(document, 'channels');
  const routes = Object.entries(isRecord(channels) ? channels : {}).flatMap(([id, channel]) =>
    isRecord(channel) ? routesOf(id, channel, operations.get(id) ?? [], messages) : [],
  );
  return { routes, schemas: isRecord(schemas) ? schemas : {} };
}

function routesOf(
  id: string,
  channel: Said,
  operations: readonly Said[],
  messages: Said,
): ContractRoute[] {
  const said = recordOf(channel['x-revali']);
  const address = typeof channel['address'] === 'string' ? channel['address'] : `/${id}`;
  const parameters = [...address.matchAll(/\{([^}]*)\}/g)].map(([, name = '']) => name);
  const binding = recordOf(recordOf(channel['bindings'])['ws']);
  const route = {
    path: typeof said['path'] === 'string' ? said['path'] : address,
    summary: textOf(channel['summary']),
    description: textOf(channel['description']),
    parameters,
    values: valuesOf(recordOf(channel['parameters'])),
    query: schemaIn(binding['query']),
    headers: schemaIn(binding['headers']),
    received: messagesOf(operations, 'receive', messages),
    sent: messagesOf(operations, 'send', messages),
    answers: answersOf(operations),
    security: securityOf(operations),
    said,
  };
  const wildcards = new Set(listOf(said['wildcards']));
  const shape = address.replaceAll(/\{([^}]*)\}/g, (_, name: string) =>
    wildcards.has(name) ? '{*}' : '{}',
  );
  return textsOr(said['versions']).flatMap((version) =>
    textsOr(said['hosts']).map((host) => withPlace(route, { shape, version, host })),
  );
}

function withPlace(
  route: Omit<ContractRoute, 'place'>,
  place: ContractRoute['place'],
): ContractRoute {
  return { ...route, place };
}

/** The path, with the version and host if a client needs them. */
export function nameOfRoute({ path, place: { version, host } }: ContractRoute): string {
  const notes = [
    ...(version === ANY ? [] : [`version ${version}`]),
    ...(host === ANY ? [] : [`host ${host}`]),
  ];
  return notes.length > 0 ? `${path} (${notes.join(', ')})` : path;
}

function messagesOf(
  operations: readonly Said[],
  action: 'receive' | 'send',
  messages: Said,
): ContractMessage[] {
  const found = operations
    .filter((operation) => operation['action'] === action)
    .flatMap((operation) => listOf(operation['messages']));
  return found.flatMap((reference) => {
    const key = lastStep(reference);
    const message = memberOf(messages, key);
    return isRecord(message) ? [messageOf(key, message)] : [];
  });
}

function messageOf(key: string, message: Readonly<Record<string, unknown>>): ContractMessage {
  const said = recordOf(message['x-revali']);
  const { name, contentType } = message;
  return {
    key,
    name: typeof name === 'string' ? name : key,
    type: typeof said['type'] === 'string' ? said['type'] : undefined,
    contentType: typeof contentType === 'string' ? contentType : 'application/json',
    payload: message['payload'] ?? {},
    isUnknown: said['schema'] === 'unknown',
    isDeprecated: said['deprecated'] === true,
  };
}

function answersOf(operations: readonly Said[]): ReadonlyMap<string, readonly unknown[]> {
  const said = operations.map((operation) => recordOf(operation['x-revali']));
  return new Map(
    said.flatMap(({ answers }) =>
      Object.entries(recordOf(answers)).map(([key, results]) => [key, listOf(results)] as const),
    ),
  );
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function securityOf(operations: readonly Said[]): string[] {
  const schemes = operations.flatMap((operation) => listOf(operation['security']).map(lastStep));
  return [...new Set(schemes)];
}

function valuesOf(
  parameters: Readonly<Record<string, unknown>>,
): ReadonlyMap<string, readonly unknown[]> {
  const entries = Object.entries(parameters).map(
    ([key, parameter]) => [key, listOf(memberOf(parameter, 'enum'))] as const,
  );
  return new Map(entries.filter(([, values]) => values.length > 0));
}

/** Finds `Say` in `#/channels/Chat/messages/Say`. */
function lastStep(reference: unknown): string {
  const path = memberOf(reference, '$ref');
  return typeof path === 'string' ? lastNameOf(path) : '';
}

function textsOr(value: unknown): readonly string[] {
  const texts = listOf(value).filter((each) => typeof each === 'string');
  return texts.length > 0 ? texts : [ANY];
}

export function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return isRecord(value) ? value : {};
}

function schemaIn(value: unknown): JsonSchema | undefined {
  return isRecord(value) ? value : undefined;
}
