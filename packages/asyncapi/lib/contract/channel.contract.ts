import type { AsyncApiChannel, AsyncApiDocument } from '../document/document.types.js';
import { lastNameOf } from '../schema/reference.js';
import { MessageKind, type ContractMessage } from './message.kind.js';
import { declaredOf, mayClose, mayRefuse, statusText } from './own.endings.js';

const LONGEST = 200;

/** The contract of one channel. Each method returns `undefined`, or how the argument differs from the document. */
export class ChannelContract {
  private readonly kinds: Readonly<Record<'receive' | 'send', readonly MessageKind[]>>;

  /** @internal Made by `documentContract()`. */
  constructor(
    /** The id of the channel in the document. */
    readonly id: string,
    private readonly channel: AsyncApiChannel,
    document: AsyncApiDocument,
  ) {
    this.kinds = {
      receive: kindsOf('receive', id, channel, document),
      send: kindsOf('send', id, channel, document),
    };
  }

  /** The address as the document writes it. */
  get address(): string {
    return this.channel.address;
  }

  /** Checks a message from a client. */
  received(message: ContractMessage): string | undefined {
    return this.difference('receive', 'The client sent', message);
  }

  /** Checks a message from the server. */
  sent(message: ContractMessage): string | undefined {
    const isBeat = message === '' && typeof this.channel['x-revali']['beat'] === 'number';
    return isBeat ? undefined : this.difference('send', 'The server sent', message);
  }

  /** Checks a close frame from the server: 1005 for a frame without a code, 1006 for an end without a frame. */
  closed(code: number, reason: string): string | undefined {
    const extension = this.channel['x-revali'];
    if (mayClose(extension, code, reason)) return undefined;
    if (code === 1007 && this.kinds.receive.some((kind) => kind.isOpen)) return undefined;
    const how = code === 1006 ? 'without a close frame (1006)' : `with ${code} ${quote(reason)}`;
    return (
      `The connection was closed ${how}, which ${this.where} does not name. ` +
      `Close codes that it names: ${declaredOf(extension, 'closes')}. @Closes() adds one.`
    );
  }

  /** Checks an HTTP response other than 101. @param body The parsed body if it is JSON. */
  refused(status: number, body: unknown): string | undefined {
    const extension = this.channel['x-revali'];
    if (mayRefuse(extension, status, body)) return undefined;
    const named = declaredOf(extension, 'refusals');
    return (
      `The handshake was refused with ${statusText(status)} ${quote(JSON.stringify(body) ?? '')}, ` +
      `which ${this.where} does not name. Refusals that it names: ${named}. ` +
      `@Closes({ ${4_000 + status}: '…' }) or @ApiResponse({ status: ${status} }) adds this one.`
    );
  }

  private get where(): string {
    return `channel "${this.id}" (${this.address})`;
  }

  private difference(
    action: 'receive' | 'send',
    who: string,
    message: ContractMessage,
  ): string | undefined {
    const found: string[] = [];
    for (const kind of this.kinds[action]) {
      const lines = kind.differences(message);
      if (lines.length === 0) return undefined;
      found.push(...lines.map((line) => `\n  ${kind.name}: ${line}`));
    }
    const allowed =
      found.length > 0 ? found.join('') : '\n  no message is allowed in this direction';
    return `${who} ${shown(message)}, which ${this.where} does not name:${allowed}`;
  }
}

function kindsOf(
  action: 'receive' | 'send',
  id: string,
  channel: AsyncApiChannel,
  { operations, components }: AsyncApiDocument,
): MessageKind[] {
  const messages = Object.values(operations)
    .filter((each) => each.action === action && each.channel.$ref === `#/channels/${id}`)
    .flatMap((operation) => operation.messages);
  const isCoded = channel['x-revali']['format'] === 'codec';
  return messages.flatMap(({ $ref }) => {
    const key = channel.messages[lastNameOf($ref)]?.$ref ?? '';
    const message = components.messages?.[lastNameOf(key)];
    return message ? [new MessageKind(message, isCoded, components)] : [];
  });
}

function shown(message: ContractMessage): string {
  return typeof message === 'string' ? quote(message) : `${message.length} bytes`;
}

function quote(text: string): string {
  return JSON.stringify(text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text);
}
