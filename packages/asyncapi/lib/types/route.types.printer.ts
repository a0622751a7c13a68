import {
  contractOf,
  recordOf,
  type Contract,
  type ContractMessage,
  type ContractRoute,
} from '../comparison/compared.routes.js';
import { isRecord, listOf, memberOf } from '../schema/json.schema.js';
import { SchemaTypes, union } from './schema.types.js';
import { commentLines, indented, keyText, quoted } from './type.text.js';

const BYTES = 'application/octet-stream';
/** Formats other than the default. A codec's bytes are for the codec alone. */
const FORMATS: ReadonlySet<unknown> = new Set(['json', 'text', 'raw', 'binary']);
/** A client gives up after silence for this many beats. */
const BEATS = 2.5;

/**
 * Writes the types of the routes for `nestjs-revali-ws-client`, as the text of a file.
 *
 * @param document AsyncAPI 3. No text of it can break out of a comment, a string or a name.
 * @param command The command that made the file, for its first line.
 */
export function printRoutes(document: unknown, command: string): string {
  return new RoutesPrinter(contractOf(document)).print(command);
}

class RoutesPrinter {
  private readonly types: SchemaTypes;
  /** Types by the document's key and the direction. */
  private readonly messages = new Map<string, string>();

  constructor(private readonly contract: Contract) {
    this.types = new SchemaTypes(contract.schemas);
  }

  print(command: string): string {
    const byPath = new Map<string, ContractRoute[]>();
    for (const route of this.contract.routes)
      byPath.set(route.path, [...(byPath.get(route.path) ?? []), route]);
    const sorted = [...byPath].toSorted(([one], [other]) => (one < other ? -1 : 1));
    const routes = sorted.flatMap(([path, alike]) => this.routeOf(path, alike));
    const settings = sorted.flatMap(([path, [route]]) => {
      const found = route ? settingsOf(route) : [];
      return found.length > 0 ? [`${quoted(path)}: { ${found.join(', ')} },`] : [];
    });
    const [header = ''] = commentLines([
      `Made by: ${command}. Do not edit.`.replaceAll(/\s+/g, ' '),
    ]);
    const lines = [
      header,
      '',
      '/** The WebSocket routes of the server, by path. */',
      'export interface Routes {',
      ...indented(routes),
      '}',
      '',
      '/** Settings that clients need at run time, if they differ from the default. */',
      ...(settings.length > 0
        ? ['export const routes = {', ...indented(settings), '} as const;']
        : ['export const routes = {} as const;']),
      ...this.types.all(),
    ];
    return `${lines.join('\n')}\n`;
  }

  /** One path may have several channels: with and without an optional part, for versions, and for hosts. */
  private routeOf(path: string, routes: readonly ContractRoute[]): string[] {
    const [first] = routes;
    if (!first) return [];
    const { mode, deprecated } = first.said;
    const said = routes.flatMap((route) => Object.keys(recordOf(route.said['closes'])));
    const closes = [...new Set(said)].filter((code) => /^\d+$/.test(code));
    const members = [
      `mode: ${typeof mode === 'string' ? quoted(mode) : "'twoWay'"};`,
      ...paramsOf(routes),
      ...this.queryOf(routes),
      ...this.goingOf('receives', routes),
      ...this.goingOf('sends', routes),
      ...(closes.length > 0 ? [`closes: ${closes.join(' | ')};`] : []),
      ...this.callsOf(routes),
    ];
    return [
      ...commentLines([
        first.summary,
        first.description,
        deprecated === true ? '@deprecated' : undefined,
      ]),
      `${quoted(path)}: {`,
      ...indented(members.flatMap((member) => member.split('\n'))),
      '};',
    ];
  }

  private queryOf(routes: readonly ContractRoute[]): string[] {
    const found = routes.flatMap(({ query }) => (query ? [this.types.typeOf(query)] : []));
    return found.length > 0 ? [`query: ${union(found)};`] : [];
  }

  /** Leaves the property out if any message is allowed. */
  private goingOf(part: 'receives' | 'sends', routes: readonly ContractRoute[]): string[] {
    const messages = routes.flatMap(({ received, sent }) =>
      part === 'receives' ? received : sent,
    );
    if (messages.length === 0 || messages.some(isOpen)) return [];
    const type = union(messages.map((message) => this.messageType(message, part)));
    return type === 'unknown' ? [] : [`${part}: ${type};`];
  }

  private messageType(message: ContractMessage, part: 'receives' | 'sends'): string {
    if (message.isUnknown) return 'unknown';
    if (message.contentType === BYTES && memberOf(message.payload, 'format') === 'binary')
      return part === 'sends' ? 'ArrayBuffer' : 'ArrayBuffer | ArrayBufferView';
    const { payload } = message;
    if (!isStructure(payload)) return this.types.typeOf(payload);
    const present = this.messages.get(message.key);
    if (present !== undefined) return present;
    const name = this.types.declare(`${message.type ?? message.name}-Message`, payload);
    this.messages.set(message.key, name);
    return name;
  }

  /** Streams look like single answers here: the document does not tell them apart. */
  private callsOf(routes: readonly ContractRoute[]): string[] {
    const calls = new Map<string, string>();
    for (const route of routes)
      for (const [key, results] of route.answers) {
        const message = route.received.find((each) => each.key === key);
        const answers = route.sent.filter((each) => results.includes(each.key));
        if (!message || answers.length === 0 || isRest(message, route)) continue;
        calls.set(message.type ?? '', this.callOf(message, answers, route));
      }
    if (calls.size === 0) return [];
    const lines = [...calls].toSorted(([one], [other]) => (one < other ? -1 : 1));
    return [
      'calls: {',
      ...indented(lines.map(([type, call]) => `${type === '' ? "''" : keyText(type)}: ${call};`)),
      '};',
    ];
  }

  private callOf(
    message: ContractMessage,
    answers: readonly ContractMessage[],
    route: ContractRoute,
  ): string {
    const result = union(answers.map((each) => this.messageType(each, 'sends')));
    const body = this.bodyOf(message, route);
    return body === undefined ? `{ result: ${result} }` : `{ body: ${body}; result: ${result} }`;
  }

  /** The client writes the type itself. `undefined` where the handler takes no body. */
  private bodyOf(message: ContractMessage, { said }: ContractRoute): string | undefined {
    if (message.type === undefined) return this.messageType(message, 'receives');
    const { payload } = message;
    const { messageBody, messageType } = said;
    if (typeof messageBody === 'string') {
      const properties = memberOf(payload, 'properties');
      const has = isRecord(properties) && Object.hasOwn(properties, messageBody);
      return has ? this.types.typeOf(properties[messageBody]) : undefined;
    }
    const body = listOf(memberOf(payload, 'allOf'))[1];
    if (body === undefined || typeof messageType !== 'string') return undefined;
    const type = this.types.typeOf(body);
    return type === 'unknown' ? type : `Omit<${type}, ${quoted(messageType)}>`;
  }
}

/** Whether the message may be anything: the types of other messages are then of no use. */
function isOpen({ isUnknown, payload }: ContractMessage): boolean {
  return isUnknown || (isRecord(payload) && Object.keys(payload).length === 0);
}

/** Whether the type is easier to read under a name: an object or a combination. */
function isStructure(payload: unknown): boolean {
  return (
    isRecord(payload) &&
    !('$ref' in payload) &&
    ['properties', 'allOf', 'anyOf', 'oneOf'].some((keyword) => keyword in payload)
  );
}

/** Whether it is the message that no other method of a `@WebSocketController()` takes: a call has no type to name. */
function isRest({ type }: ContractMessage, { said }: ContractRoute): boolean {
  return type === undefined && said['messageType'] !== undefined;
}

/** A parameter is optional unless every channel of the path has it. */
function paramsOf(routes: readonly ContractRoute[]): string[] {
  const all = new Map<string, string>();
  for (const { parameters, values, said } of routes) {
    const names = recordOf(said['parameters']);
    const wildcards = listOf(said['wildcards']);
    for (const key of parameters) {
      const name = names[key];
      const known = values.get(key)?.map((value) => quoted(String(value)));
      const type = known ? union(known) : 'string';
      all.set(
        typeof name === 'string' ? name : key,
        wildcards.includes(key) ? 'readonly string[]' : type,
      );
    }
  }
  if (all.size === 0) return [];
  const isEverywhere = (name: string): boolean =>
    routes.every(({ parameters, said }) =>
      parameters.some((key) => (recordOf(said['parameters'])[key] ?? key) === name),
    );
  const members = [...all].map(
    ([name, type]) => `${keyText(name)}${isEverywhere(name) ? '' : '?'}: ${type}`,
  );
  return [`params: { ${members.join('; ')} };`];
}

function settingsOf({ said }: ContractRoute): string[] {
  const { format, beat, messageType, messageBody } = said;
  return [
    ...(typeof format === 'string' && FORMATS.has(format) ? [`format: ${quoted(format)}`] : []),
    ...(typeof beat === 'number' && beat > 0 ? [`silence: ${Math.round(beat * BEATS)}`] : []),
    ...(typeof messageType === 'string' && messageType !== 'type'
      ? [`type: ${quoted(messageType)}`]
      : []),
    ...(typeof messageBody === 'string' ? [`body: ${quoted(messageBody)}`] : []),
  ];
}
