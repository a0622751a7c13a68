import type { AsyncApiMessage } from './document.types.js';
import { keyOf, Names } from '../schema/names.js';

/** A message that is not yet in the document. */
export interface MessageDraft extends AsyncApiMessage {
  /** Under which it is to be found, where nothing else has that. */
  readonly key: string;
}

/** The messages of all channels. Those that are alike are one. */
export class MessageRegister {
  private readonly byKey = new Map<
    string,
    { readonly text: string; readonly message: AsyncApiMessage }
  >();
  private readonly names = new Names();

  /** @returns Its key. */
  add({ key: wanted, ...message }: MessageDraft, channel: string): string {
    const text = JSON.stringify(message);
    const key = keyOf(wanted);
    const own = keyOf(`${channel}_${wanted}`);
    for (const candidate of [key, own])
      if (this.byKey.get(candidate)?.text === text) return candidate;
    const claimed = this.names.claim(this.byKey.has(key) ? own : key);
    this.byKey.set(claimed, { text, message });
    return claimed;
  }

  all(): Record<string, AsyncApiMessage> {
    return Object.fromEntries([...this.byKey].map(([key, { message }]) => [key, message]));
  }
}
