import type { AsyncApiDocument, AsyncApiMessage } from '../document/document.types.js';
import { jsonChecker, type JsonChecker } from './json.checker.js';

/** A text message, or the bytes of a binary one. */
export type ContractMessage = string | Uint8Array;

/** One kind of message of a channel. */
export class MessageKind {
  private readonly check: JsonChecker;

  constructor(
    private readonly message: AsyncApiMessage,
    /** Whether the format of the route is a codec, which no document can read. */
    private readonly isCoded: boolean,
    components: AsyncApiDocument['components'],
  ) {
    this.check = jsonChecker(message.payload, components);
  }

  get name(): string {
    return this.message.name;
  }

  /** Whether any message fits. */
  get isOpen(): boolean {
    return this.isCoded || this.message['x-revali']?.['schema'] === 'unknown';
  }

  /** @returns How the message differs from this kind; empty if it fits. */
  differences(message: ContractMessage): string[] {
    if (this.isOpen) return [];
    const { contentType, payload } = this.message;
    if (contentType === 'application/octet-stream' && payload['format'] === 'binary')
      return typeof message === 'string' ? ['is binary, and this is a text message'] : [];
    if (typeof message !== 'string') return [`is ${contentType}, and this is a binary message`];
    if (contentType === 'text/plain') return this.check(message);
    return this.jsonDifferences(message);
  }

  private jsonDifferences(text: string): string[] {
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      return ['is JSON, and this is another text'];
    }
    return this.check(value);
  }
}
