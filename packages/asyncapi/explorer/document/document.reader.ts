import { fieldsOf, isFields, listOf, numberOf, textOf, textsOf, type Fields } from '../values.js';
import type { Field, Message, Mode, Route, Secret, Server } from './document.types.js';
import { Schemas, typesOf } from './schema.js';

const MODES: readonly Mode[] = ['twoWay', 'receiveOnly', 'sendOnly'];

/** Reads an AsyncAPI document for the page. Leaves out malformed parts. */
export class DocumentReader {
  readonly schemas: Schemas;

  constructor(readonly document: Fields) {
    this.schemas = new Schemas(document);
  }

  get info(): { title: string; version: string; description?: string } {
    const { title, version, description } = fieldsOf(this.document['info']);
    return {
      title: textOf(title) ?? 'WebSocket routes',
      version: textOf(version) ?? '',
      description: textOf(description),
    };
  }

  servers(): Server[] {
    return Object.entries(fieldsOf(this.document['servers'])).flatMap(([name, server]) => {
      const { host, protocol, pathname, title } = fieldsOf(server);
      if (typeof host !== 'string' || (protocol !== 'ws' && protocol !== 'wss')) return [];
      const path = (textOf(pathname) ?? '').replace(/\/$/, '');
      return [{ name: textOf(title) ?? name, url: `${protocol}://${host}${path}` }];
    });
  }

  routes(): Route[] {
    const channels = Object.entries(fieldsOf(this.document['channels']));
    return channels.flatMap(([id, channel]) =>
      isFields(channel) ? [this.routeOf(id, channel)] : [],
    );
  }

  private routeOf(id: string, channel: Fields): Route {
    const more = fieldsOf(channel['x-revali']);
    const { query, headers } = fieldsOf(fieldsOf(channel['bindings'])['ws']);
    const address = textOf(channel['address']) ?? '/';
    const received = this.operation(id, 'receive');
    const sent = this.operation(id, 'send');
    const mode = MODES.find((known) => known === more['mode']) ?? 'twoWay';
    return {
      id,
      address,
      path: patternOf(address, textsOf(more['wildcards'])),
      group: groupOf(id, channel),
      title: textOf(channel['title']),
      summary: textOf(channel['summary']),
      description: textOf(channel['description']),
      mode,
      isDeprecated: more['deprecated'] === true,
      parameters: this.parametersOf(channel),
      wildcards: textsOf(more['wildcards']),
      query: this.fieldsIn(query),
      headers: this.fieldsIn(headers),
      protocols: textsOf(more['protocols']),
      needsProtocol: more['protocolRequired'] === true,
      secrets: this.secretsOf([received, sent]),
      received: this.messagesOf(received),
      sent: this.messagesOf(sent),
      closes: closesOf(more['closes']),
      facts: factsOf(more),
    };
  }

  private operation(channel: string, action: string): Fields {
    const all = Object.values(fieldsOf(this.document['operations']));
    const found = all.find((each) => {
      const operation = fieldsOf(each);
      const reference = fieldsOf(operation['channel'])['$ref'];
      return operation['action'] === action && reference === `#/channels/${channel}`;
    });
    return fieldsOf(found);
  }

  private messagesOf(operation: Fields): Message[] {
    return listOf(operation['messages']).flatMap((reference) => {
      // The channel's message leads to the one in the components, and the checker looks for that one's key.
      const own = fieldsOf(this.schemas.at(fieldsOf(reference)['$ref']));
      const key = this.schemas.nameOf(own);
      return key === undefined ? [] : [this.messageOf(key, this.schemas.resolved(own))];
    });
  }

  private messageOf(key: string, message: Fields): Message {
    const more = fieldsOf(message['x-revali']);
    return {
      key,
      name: textOf(message['name']) ?? key,
      summary: textOf(message['summary']) ?? textOf(message['title']),
      description: textOf(message['description']),
      contentType: textOf(message['contentType']) ?? 'application/json',
      schema: fieldsOf(message['payload']),
      examples: listOf(message['examples']).map((example) => fieldsOf(example)['payload']),
      isDeprecated: more['deprecated'] === true,
      isUnknown: more['schema'] === 'unknown',
    };
  }

  private parametersOf(channel: Fields): Field[] {
    return Object.entries(fieldsOf(channel['parameters'])).map(([name, parameter]) => {
      const { description, enum: values, examples, default: usual } = fieldsOf(parameter);
      return {
        name,
        description: textOf(description),
        isRequired: true,
        isList: false,
        values: textsOf(values),
        type: 'string',
        example: textsOf(examples)[0] ?? textOf(usual),
      };
    });
  }

  private fieldsIn(schema: unknown): Field[] {
    const { properties, required } = this.schemas.merged(schema);
    return Object.entries(fieldsOf(properties)).map(([name, property]) => {
      const found = this.schemas.merged(property);
      const isList = typesOf(found).includes('array');
      const item = isList ? this.schemas.merged(found['items']) : found;
      const [type = 'string'] = typesOf(item);
      const values = item['const'] === undefined ? listOf(item['enum']) : [item['const']];
      const example = found['example'] ?? listOf(found['examples'])[0] ?? found['default'];
      return {
        name,
        description: textOf(found['description']),
        isRequired: textsOf(required).includes(name),
        isList,
        values: type === 'boolean' ? ['true', 'false'] : values.map(String),
        type,
        example: isScalar(example) ? String(example) : undefined,
      };
    });
  }

  private secretsOf(operations: readonly Fields[]): Secret[] {
    const named = new Map<string, Secret>();
    for (const reference of operations.flatMap(({ security }) => listOf(security))) {
      const id = this.schemas.nameOf(reference) ?? '';
      const { type, scheme, in: place, name } = this.schemas.resolved(reference);
      const own = { id, name: textOf(name) ?? id };
      if (type === 'httpApiKey' && (place === 'query' || place === 'header' || place === 'cookie'))
        named.set(id, { ...own, place, scheme: '' });
      else if (type === 'http' || type === 'userPassword')
        named.set(id, {
          id,
          name: 'Authorization',
          place: 'header',
          scheme: textOf(scheme) ?? 'basic',
        });
    }
    return [...named.values()];
  }
}

function isScalar(value: unknown): value is string | number | boolean {
  return ['string', 'number', 'boolean'].includes(typeof value);
}

/** Groups a route by its first tag, else by its controller: the ids begin with the controller's name. */
function groupOf(id: string, channel: Fields): string {
  const [tag] = listOf(channel['tags']);
  const name = textOf(fieldsOf(tag)['name']);
  return name ?? (id.split('_')[0] ?? id).replace(/(?<=.)Controller$/, '');
}

/** Writes `/chat/{room}` as routes do: `/chat/:room`. */
function patternOf(address: string, wildcards: readonly string[]): string {
  return address.replaceAll(/\{([^}]+)\}/g, (_, name: string) =>
    wildcards.includes(name) ? `*${name}` : `:${name}`,
  );
}

function closesOf(value: unknown): Map<number, string> {
  return new Map(
    Object.entries(fieldsOf(value)).map(([code, text]) => [Number(code), String(text)]),
  );
}

function factsOf(more: Fields): [string, string][] {
  const { messageRate, ping } = more;
  const { limit, per } = fieldsOf(messageRate);
  const facts: [string, string | undefined][] = [
    ['Ping', ping === false ? 'off' : durationOf(ping)],
    ['Beat', durationOf(more['beat'])],
    ['Largest message', sizeText(numberOf(more['maxPayload']))],
    ['Rate', numberOf(limit) === undefined ? undefined : `${String(limit)} in ${durationOf(per)}`],
    ['Idle time-out', durationOf(more['idleTimeout'])],
    ['Lifetime', durationOf(more['maxLifetime'])],
    ['Format', more['format'] === 'auto' ? undefined : textOf(more['format'])],
    ['Errors', more['errors'] === 'reply' ? 'are answered' : undefined],
    [
      'Rooms',
      listOf(more['rooms'])
        .map((room) => String(fieldsOf(room)['kind']))
        .join(', '),
    ],
    ['Versions', textsOf(more['versions']).join(', ')],
    ['Hosts', textsOf(more['hosts']).join(', ')],
  ];
  return facts.flatMap(([name, value]): [string, string][] => (value ? [[name, value]] : []));
}

function durationOf(value: unknown): string | undefined {
  const ms = numberOf(value);
  if (ms === undefined) return undefined;
  if (ms < 1000) return `${ms} ms`;
  if (ms < 120_000) return `${ms / 1000} s`;
  return ms < 7_200_000
    ? `${Math.round(ms / 6000) / 10} min`
    : `${Math.round(ms / 360_000) / 10} h`;
}

function sizeText(bytes: number | undefined): string | undefined {
  if (bytes === undefined) return undefined;
  if (bytes < 1024) return `${bytes} B`;
  return bytes < 1_048_576 ? `${bytes / 1024} KiB` : `${Math.round(bytes / 104_857.6) / 10} MiB`;
}
