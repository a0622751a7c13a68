import type { WebSocketRouteInfo } from 'nestjs-revali-ws';
import { memberOf } from '../schema/json.schema.js';
import { referenceFree } from '../schema/plain.data.js';
import { addressesOf, type Address } from './address.js';
import type {
  AsyncApiChannel,
  AsyncApiOperation,
  AsyncApiParameter,
  AsyncApiReference,
} from './document.types.js';
import type { HandshakeBindings } from './handshake.binding.js';
import { textsOf, type ChannelMessages, type MessageMapper } from './message.mapper.js';
import type { MessageDraft, MessageRegister } from './message.register.js';
import type { Names } from '../schema/names.js';
import { extensionOf } from './route.extension.js';
import type { SecuritySchemes } from './security.schemes.js';
import { SwaggerMetadata } from './swagger.metadata.js';

export interface ChannelParts {
  readonly names: Names;
  readonly mapper: MessageMapper;
  readonly register: MessageRegister;
  readonly bindings: HandshakeBindings;
  readonly security: SecuritySchemes;
}

/** One address of a route, with its messages in both directions. */
export interface MappedChannel {
  readonly id: string;
  readonly channel: AsyncApiChannel;
  readonly operations: [id: string, operation: AsyncApiOperation][];
}

/** Makes channels and operations of routes. */
export class ChannelMapper {
  constructor(private readonly parts: ChannelParts) {}

  channelsOf(route: WebSocketRouteInfo): MappedChannel[] {
    const method = methodOf(route);
    if (SwaggerMetadata.isExcluded(route.controller, method)) return [];
    return addressesOf(route).map((address) => this.channelOf(route, method, address));
  }

  private channelOf(route: WebSocketRouteInfo, method: unknown, address: Address): MappedChannel {
    const { names, mapper, bindings } = this.parts;
    const operation = SwaggerMetadata.operationOf(route);
    const { operationId, summary, description, isDeprecated } = operation;
    const own = [route.controller.name || 'Controller', route.methodName].filter(Boolean);
    const id = names.claim(operationId ?? own.join('_'));
    const messages = mapper.messagesOf(route, id);
    const keys = this.register(messages, id);
    const tags = SwaggerMetadata.tagsOf(route.controller, method).map((name) => ({ name }));
    const parameters = parametersOf(route, method, address);
    const channel: AsyncApiChannel = {
      address: address.address,
      ...textsOf(summary, description),
      messages: Object.fromEntries(
        [...new Set(keys.values())].map((key) => [key, reference('components', 'messages', key)]),
      ),
      ...(Object.keys(parameters).length > 0 && { parameters }),
      ...(tags.length > 0 && { tags }),
      bindings: { ws: bindings.bindingOf(route, method) },
      ...extensionsOf(route, method),
      'x-revali': { ...extensionOf(route, address), ...(isDeprecated && { deprecated: true }) },
    };
    return { id, channel, operations: this.operationsOf(route, id, messages, keys) };
  }

  private register({ received, sent }: ChannelMessages, id: string): Map<MessageDraft, string> {
    const drafts = [...received, ...sent];
    return new Map(drafts.map((draft) => [draft, this.parts.register.add(draft, id)]));
  }

  private operationsOf(
    route: WebSocketRouteInfo,
    id: string,
    { received, sent, answers }: ChannelMessages,
    keys: ReadonlyMap<MessageDraft, string>,
  ): [string, AsyncApiOperation][] {
    const keysOf = (drafts: readonly MessageDraft[]): string[] => [
      ...new Set(drafts.flatMap((draft) => keys.get(draft) ?? [])),
    ];
    const answered = [...answers]
      .map(([draft, results]) => [keys.get(draft) ?? '', keysOf(results)] as const)
      .filter(([, results]) => results.length > 0);
    const shared = {
      channel: reference('channels', id),
      ...this.securityOf(route),
    };
    const operation = (
      action: 'receive' | 'send',
      drafts: readonly MessageDraft[],
      extension: object = {},
    ): [string, AsyncApiOperation][] => {
      const messages = keysOf(drafts).map((key) => reference('channels', id, 'messages', key));
      if (messages.length === 0) return [];
      return [[`${id}_${action}`, { action, ...shared, messages, ...extension }]];
    };
    return [
      ...operation(
        'receive',
        received,
        answered.length > 0 ? { 'x-revali': { answers: Object.fromEntries(answered) } } : {},
      ),
      ...operation('send', sent),
    ];
  }

  /** A guard alone proves nothing: its name may be anything. */
  private securityOf(route: WebSocketRouteInfo): Pick<AsyncApiOperation, 'security'> {
    const names = SwaggerMetadata.securityOf(route.controller, methodOf(route));
    const security = names.flatMap((name) => this.parts.security.refer(name));
    return security.length > 0 ? { security } : {};
  }
}

export function methodOf({ controller, methodName }: WebSocketRouteInfo): unknown {
  if (methodName === '') return undefined;
  return memberOf(controller.prototype, methodName);
}

function reference(...steps: readonly string[]): AsyncApiReference {
  return { $ref: ['#', ...steps].join('/') };
}

function parametersOf(
  route: WebSocketRouteInfo,
  method: unknown,
  { parameters }: Address,
): Record<string, AsyncApiParameter> {
  const said = SwaggerMetadata.parametersOf(route.controller, method).filter(
    (parameter) => parameter.in === 'path',
  );
  const entries = parameters.map(({ key, name }): [string, AsyncApiParameter] => {
    const found = said.find((parameter) => parameter.name === name);
    const values: unknown = found?.enum ?? memberOf(found?.schema, 'enum');
    const example = found?.example;
    return [
      key,
      {
        ...(typeof found?.description === 'string' && { description: found.description }),
        ...(Array.isArray(values) && values.length > 0 && { enum: values.map(String) }),
        ...((typeof example === 'string' || typeof example === 'number') && {
          examples: [String(example)],
        }),
      },
    ];
  });
  return Object.fromEntries(entries);
}

function extensionsOf(route: WebSocketRouteInfo, method: unknown): Record<`x-${string}`, unknown> {
  const said = SwaggerMetadata.extensionsOf(route.controller, method);
  const extensions: Record<`x-${string}`, unknown> = {};
  for (const [name, value] of Object.entries(said)) {
    const data = referenceFree(value);
    if (isExtension(name) && data !== undefined) extensions[name] = data;
  }
  return extensions;
}

/** Extensions have names that begin with `x-`, as the specification requires. */
function isExtension(name: string): name is `x-${string}` {
  return /^x-[\w.-]+$/.test(name);
}
