import type { PresenceChange } from 'nestjs-revali-ws';

/** What others see of one who is here, besides the key. */
export interface Person {
  readonly name: string;
  /** As CSS has it. */
  readonly color: string;
}

/** What a client receives of the cursors of others. Whose they are, it knows from who is here. */
export type CursorEvent =
  | { readonly type: 'moved'; readonly key: string; readonly x: number; readonly y: number }
  | { readonly type: 'gone'; readonly key: string };

/** What it receives of who is here. */
export type WhoEvent = PresenceChange<Person>;
