import type { PresenceChange } from 'nestjs-revali-ws';

export interface Member {
  /** The same in all tabs. */
  readonly key: string;
  readonly name: string;
}

/** To whoever has just joined, after what was said before. */
export interface Welcome {
  readonly type: 'welcome';
  readonly you: Member;
}

export interface Said {
  readonly type: 'said';
  readonly from: Member;
  readonly text: string;
  /** ISO 8601. */
  readonly at: string;
}

export interface IsTyping {
  readonly type: 'typing';
  readonly name: string;
}

/** What a client receives, beside `{"error": …}` for a message that was not valid. */
export type ChatEvent = Welcome | Said | IsTyping;

/** What it receives of who is here. */
export type WhoEvent = PresenceChange<{ name: string }>;
