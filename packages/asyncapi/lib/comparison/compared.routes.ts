import { isRecord, listOf, memberOf, type JsonSchema } from '../schema/json.schema.js';

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

/** Stands for a version or a host where any will do. */
export const ANY = '*';

/** Reads whatever it is given: what is not as a document has it says nothing. */
export function contractOf(document: unknown): Contract {
  const schemas = memberOf(memberOf(document, 'components'), 'schemas');
  const channels = memberOf(document, 'channels');
  const routes = Object.entries(isRecord(channels) ? channels : {}).flatMap(([id, channel]) =>
    isRecord(channel) ? routesOf(document, id, channel) : [],
  );
  return { routes, schemas: isRecord(schemas) ? schemas : {} };
}

function routesOf(
  document: unknown,
  id: string,
  channel: Readonly<Record<string, unknown>>,
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
    received: messagesOf(document, id, 'receive'),
    sent: messagesOf(document, id, 'send'),
    answers: answersOf(document, id),
    security: securityOf(document, id),
    said,
  };
  const shape = address.replaceAll(/\{[^}]*\}/g, '{}');
  const wildcards = listOf(said['wildcards']).length > 0 ? ' (wildcard)' : '';
  return textsOr(said['versions']).flatMap((version) =>
    textsOr(said['hosts']).map((host) =>
      withPlace(route, { shape: shape + wildcards, version, host }),
    ),
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
  document: unknown,
  channel: string,
  action: 'receive' | 'send',
): ContractMessage[] {
  const found = operationsOf(document, channel)
    .filter((operation) => operation['action'] === action)
    .flatMap((operation) => listOf(operation['messages']));
  return found.flatMap((reference) => {
    const key = lastStep(reference);
    const message = memberOf(memberOf(memberOf(document, 'components'), 'messages'), key);
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

function answersOf(document: unknown, channel: string): ReadonlyMap<string, readonly unknown[]> {
  const said = operationsOf(document, channel).map((operation) => recordOf(operation['x-revali']));
  return new Map(
    said.flatMap(({ answers }) =>
      Object.entries(recordOf(answers)).map(([key, results]) => [key, listOf(results)] as const),
    ),
  );
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function securityOf(document: unknown, channel: string): string[] {
  const schemes = operationsOf(document, channel).flatMap((operation) =>
    listOf(operation['security']).map(lastStep),
  );
  return [...new Set(schemes)];
}

function operationsOf(document: unknown, channel: string): Readonly<Record<string, unknown>>[] {
  return Object.values(recordOf(memberOf(document, 'operations')))
    .filter(isRecord)
    .filter((operation) => lastStep(operation['channel']) === channel);
}

function valuesOf(
  parameters: Readonly<Record<string, unknown>>,
): ReadonlyMap<string, readonly unknown[]> {
  const entries = Object.entries(parameters).map(
    ([key, parameter]) => [key, listOf(memberOf(parameter, 'enum'))] as const,
  );
  return new Map(entries.filter(([, values]) => values.length > 0));
}

/** Of `#/channels/Chat/messages/Say`: `Say`. */
function lastStep(reference: unknown): string {
  const path = memberOf(reference, '$ref');
  return typeof path === 'string' ? (path.split('/').at(-1) ?? '') : '';
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
