import type { PresenceChange } from 'nestjs-revali-ws';

export interface Member {
  /** The same in all of a member's tabs. */
  readonly key: string;
  readonly name: string;
}

/** Sent to a new member, after the earlier messages. */
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

/** What a client receives, apart from `{"error": …}` for an invalid message. */
export type ChatEvent = Welcome | Said | IsTyping;

/** What it receives about who is here. */
export type WhoEvent = PresenceChange<{ name: string }>;
