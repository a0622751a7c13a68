import type { AsyncApiDocument, AsyncApiMessage, JsonSchema } from 'nestjs-revali-ws-asyncapi';

/** What a document of one route says. */
export interface RoutePlan {
  readonly address?: string;
  /** The schema of one message, or messages by their names. */
  readonly receives?: JsonSchema;
  readonly sends?: JsonSchema;
  readonly query?: JsonSchema;
  readonly headers?: JsonSchema;
  readonly parameters?: Readonly<Record<string, { readonly enum?: readonly string[] }>>;
  readonly security?: readonly string[];
  readonly said?: Readonly<Record<string, unknown>>;
}

/** A document of one route, which takes and sends a message each where nothing else is said. */
export function documentOf(
  plan: RoutePlan = {},
  schemas: Readonly<Record<string, JsonSchema>> = {},
): AsyncApiDocument {
  const { address = '/chat/{room}', query, headers, parameters, security = [], said = {} } = plan;
  const received = messagesOf('Say', plan.receives ?? TEXT);
  const sent = messagesOf('Said', plan.sends ?? TEXT);
  const mode = said['mode'] ?? 'twoWay';
  const operation = (action: 'receive' | 'send', names: readonly string[]) => ({
    action,
    channel: { $ref: '#/channels/Chat' },
    ...(security.length > 0 && {
      security: security.map((name) => ({ $ref: `#/components/securitySchemes/${name}` })),
    }),
    messages: names.map((name) => ({ $ref: `#/channels/Chat/messages/${name}` })),
  });
  return {
    asyncapi: '3.0.0',
    info: { title: 'Test', version: '1.0.0' },
    defaultContentType: 'application/json',
    channels: {
      Chat: {
        address,
        messages: {},
        ...(parameters && { parameters }),
        bindings: {
          ws: {
            method: 'GET',
            ...(query && { query }),
            ...(headers && { headers }),
            bindingVersion: '0.1.0',
          },
        },
        'x-revali': { mode, path: address.replaceAll(/\{(\w+)\}/g, ':$1'), ...said },
      },
    },
    operations: {
      ...(mode !== 'sendOnly' && { Chat_receive: operation('receive', Object.keys(received)) }),
      ...(mode !== 'receiveOnly' && { Chat_send: operation('send', Object.keys(sent)) }),
    },
    components: { messages: { ...received, ...sent }, schemas },
  };
}

const TEXT: JsonSchema = { type: 'object', properties: { text: { type: 'string' } } };

/** A schema has a word that no message has. */
function messagesOf(
  name: string,
  given: Readonly<Record<string, unknown>>,
): Record<string, AsyncApiMessage> {
  const entries = Object.entries(given);
  const said = entries.flatMap(([key, each]) => (isMessage(each) ? [[key, each] as const] : []));
  const isOfMessages = said.length > 0 && said.length === entries.length;
  const messages = isOfMessages ? said : [[name, { payload: given }] as const];
  return Object.fromEntries(
    messages.map(([key, message]) => [
      key,
      { name: key, contentType: 'application/json', ...message },
    ]),
  );
}

function isMessage(value: unknown): value is Pick<AsyncApiMessage, 'payload'> {
  return typeof value === 'object' && value !== null && 'payload' in value;
}
