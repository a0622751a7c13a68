import type { AsyncApiMessage } from './document.types.js';
import { keyOf, Names } from '../schema/names.js';

/** A message that is not yet in the document. */
export interface MessageDraft extends AsyncApiMessage {
  /** The key in the document, unless another message has it. */
  readonly key: string;
}

/** The messages of all channels. Equal messages share one entry. */
export class MessageRegister {
  private readonly byKey = new Map<string, AsyncApiMessage>();
  /** Keys by the wanted key and the content of the message. */
  private readonly keys = new Map<string, string>();
  private readonly names = new Names();

  /** @returns The message's key. */
  add({ key, ...message }: MessageDraft, channel: string): string {
    const wanted = keyOf(key);
    const own = wanted.startsWith(channel) ? wanted : keyOf(`${channel}_${key}`);
    const text = JSON.stringify(message);
    const present = this.keys.get(`${wanted}\n${text}`) ?? this.keys.get(`${own}\n${text}`);
    if (present !== undefined) return present;
    const free = this.byKey.has(wanted) ? own : wanted;
    const claimed = this.names.claim(free);
    this.byKey.set(claimed, message);
    this.keys.set(`${free}\n${text}`, claimed);
    return claimed;
  }

  all(): Record<string, AsyncApiMessage> {
    return Object.fromEntries(this.byKey);
  }
}
