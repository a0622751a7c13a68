import type {
  WebSocketHandlerInfo,
  WebSocketMessageInfo,
  WebSocketRouteInfo,
} from 'nestjs-revali-ws';
import type { JsonSchema } from '../schema/json.schema.js';
import { contentOf } from './content.type.js';
import { ERROR, type DraftUse, type MessageDrafts } from './message.drafts.js';
import type { MessageDraft } from './message.register.js';
import { SwaggerMetadata } from './swagger.metadata.js';

/** The messages of a channel in both directions. */
export interface ChannelMessages {
  readonly received: readonly MessageDraft[];
  readonly sent: readonly MessageDraft[];
  /** The answers to a received message, if the handler tells them. */
  readonly answers: ReadonlyMap<MessageDraft, readonly MessageDraft[]>;
}

/** Finds the messages of routes. */
export class MessageMapper {
  constructor(private readonly drafts: MessageDrafts) {}

  messagesOf(route: WebSocketRouteInfo, channel: string): ChannelMessages {
    const answers = new Map<MessageDraft, readonly MessageDraft[]>();
    const received = this.receivedOn(route, channel, answers);
    return { received, sent: this.sentOn(route, channel, [...answers.values()].flat()), answers };
  }

  private receivedOn(
    route: WebSocketRouteInfo,
    channel: string,
    answers: Map<MessageDraft, readonly MessageDraft[]>,
  ): MessageDraft[] {
    if (route.mode === 'sendOnly') return [];
    const use: DraftUse = { route, direction: 'input', fallback: `${channel}_received` };
    const declared = route.receives.map((message) => this.drafts.declared(message, use));
    if (route.messageType !== undefined) {
      const typed = route.messages.map((message) => {
        const draft = this.typed(message, route, channel);
        answers.set(
          draft,
          this.resultsOf(message, route, `${channel}_${message.methodName}_result`),
        );
        return draft;
      });
      return [...declared, ...typed];
    }
    const received = declared.length > 0 ? declared : [this.ofBody(route, use)];
    const results = this.resultsOf(route, route, `${channel}_sent`);
    for (const draft of received) answers.set(draft, results);
    return received;
  }

  private sentOn(
    route: WebSocketRouteInfo,
    channel: string,
    answers: readonly MessageDraft[],
  ): MessageDraft[] {
    const use: DraftUse = { route, direction: 'output', fallback: `${channel}_sent` };
    const sent = route.sends.map((message) => this.drafts.declared(message, use));
    if (route.mode !== 'receiveOnly') {
      const first = route.onConnect ?? (route.mode === 'sendOnly' ? route : undefined);
      if (first) sent.push(...this.resultsOf(first, route, `${channel}_sent`));
      sent.push(...answers);
    }
    sent.push(...route.roomMessages.map((message) => this.drafts.declared(message, use)));
    if (sent.length === 0 && route.mode !== 'receiveOnly') sent.push(this.drafts.unknown(use));
    return route.options.errors === 'reply' ? [...sent, ERROR] : sent;
  }

  private ofBody(route: WebSocketRouteInfo, use: DraftUse): MessageDraft {
    const { body } = route;
    const known =
      body.parts.length > 0 ? undefined : this.drafts.ofType(body.schema ?? body.type, use);
    if (known) return known;
    const schema = this.drafts.bodyOf(route, use);
    return Object.keys(schema).length > 0
      ? this.drafts.draft(use.fallback, schema, use)
      : this.drafts.unknown(use);
  }

  /** Reads declarations, else swagger's metadata, else the compiler's type. */
  private resultsOf(
    handler: WebSocketHandlerInfo,
    route: WebSocketRouteInfo,
    fallback: string,
  ): MessageDraft[] {
    if (route.mode === 'receiveOnly') return [];
    const use: DraftUse = { route, direction: 'output', fallback };
    if (handler.sends.length > 0)
      return handler.sends.map((message) => this.drafts.declared(message, use));
    // The class declares all messages.
    if (route.sends.length > 0) return [];
    const place = { controller: route.controller, methodName: handler.methodName };
    const said = SwaggerMetadata.resultsOf(place).flatMap(
      ({ type, isArray }) => this.drafts.ofType(type, use, isArray) ?? [],
    );
    if (said.length > 0) return said;
    return [this.drafts.ofType(handler.returnType, use) ?? []].flat();
  }

  /** One message of a class with `@WebSocketController()`. */
  private typed(
    message: WebSocketMessageInfo,
    route: WebSocketRouteInfo,
    channel: string,
  ): MessageDraft {
    const { type, methodName } = message;
    const name = type ?? methodName;
    const use: DraftUse = { route, direction: 'input', fallback: `${channel}_${name}` };
    const body = this.drafts.bodyOf(message, use);
    const said = message.receives.length === 1 ? message.receives[0] : undefined;
    const place = { controller: route.controller, methodName };
    const { summary, description, isDeprecated } = SwaggerMetadata.operationOf(place);
    const extension = {
      ...(type === undefined ? { rest: true } : { type }),
      ...((isDeprecated || said?.deprecated === true) && { deprecated: true }),
    };
    return {
      key: `${channel}_${name}`,
      name,
      ...textsOf(said?.summary ?? summary, said?.description ?? description),
      ...contentOf(route.options.format, type === undefined ? body : withType(type, body, route)),
      'x-revali': extension,
    };
  }
}

export function textsOf(
  summary: string | undefined,
  description: string | undefined,
): { summary?: string; description?: string } {
  return {
    ...(summary !== undefined && { summary }),
    ...(description !== undefined && { description }),
  };
}

/** Puts a handler's body into the message that names its type. */
function withType(
  type: string,
  body: JsonSchema,
  { messageType, messageBody }: WebSocketRouteInfo,
): JsonSchema {
  const isEmpty = Object.keys(body).length === 0;
  if (typeof messageType !== 'string')
    return messageBody === undefined || isEmpty
      ? body
      : { type: 'object', required: [messageBody], properties: { [messageBody]: body } };
  const ofType = { type: 'string', const: type };
  if (messageBody !== undefined) {
    const required = isEmpty ? [messageType] : [messageType, messageBody];
    const properties = Object.fromEntries([
      [messageBody, body],
      [messageType, ofType],
    ]);
    return { type: 'object', required: [...new Set(required)], properties };
  }
  const named = {
    type: 'object',
    required: [messageType],
    properties: Object.fromEntries([[messageType, ofType]]),
  };
  return isEmpty ? named : { allOf: [named, body] };
}
