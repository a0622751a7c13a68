import { isRecord, listOf, memberOf, type JsonSchema } from '../schema/json.schema.js';
import { lastNameOf } from '../schema/reference.js';
import { grouped } from './grouped.js';

/** A message of a route, as a document describes it. */
export interface ContractMessage {
  readonly key: string;
  readonly name: string;
  /** What the property that names its type says. */
  readonly type: string | undefined;
  readonly contentType: string;
  readonly payload: unknown;
  readonly isUnknown: boolean;
  readonly isDeprecated: boolean;
}

/** A route of a document, with one version and one host of those that it has. */
export interface ContractRoute {
  /** What two routes have in common that clients reach in the same way. */
  readonly place: { readonly shape: string; readonly version: string; readonly host: string };
  readonly path: string;
  readonly summary: string | undefined;
  readonly description: string | undefined;
  readonly parameters: readonly string[];
  /** By the key of the parameter, the values that it may have. */
  readonly values: ReadonlyMap<string, readonly unknown[]>;
  readonly query: JsonSchema | undefined;
  readonly headers: JsonSchema | undefined;
  readonly received: readonly ContractMessage[];
  readonly sent: readonly ContractMessage[];
  /** By the key of a message, the keys of those that answer it. */
  readonly answers: ReadonlyMap<string, readonly unknown[]>;
  readonly security: readonly string[];
  /** `x-revali` of the channel. */
  readonly said: Readonly<Record<string, unknown>>;
}

/** What a comparison reads of a document. */
export interface Contract {
  readonly routes: readonly ContractRoute[];
  readonly schemas: Readonly<Record<string, unknown>>;
}

/** What an object of a document has. */
type Said = Readonly<Record<string, unknown>>;

/** Stands for a version or a host where any will do. */
export const ANY = '*';

/** Reads whatever it is given: what is not as a document has it says nothing. */
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

/** The path, with what else a client has to know. */
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
