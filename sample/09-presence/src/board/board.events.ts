import type { PresenceChange } from 'nestjs-revali-ws';

/** What others see of a member, in addition to the key. */
export interface Person {
  readonly name: string;
  /** A CSS color. */
  readonly color: string;
}

/** What a client receives about the others' cursors. The list of who is here tells whose they are. */
export type CursorEvent =
  | { readonly type: 'moved'; readonly key: string; readonly x: number; readonly y: number }
  | { readonly type: 'gone'; readonly key: string };

/** What it receives about who is here. */
export type WhoEvent = PresenceChange<Person>;
