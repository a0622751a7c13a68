/** To whoever has just joined. */
export interface Welcome {
  readonly type: 'welcome';
  readonly members: readonly string[];
  readonly history: readonly Said[];
}

export interface Said {
  readonly type: 'said';
  readonly from: string;
  readonly text: string;
  /** ISO 8601. */
  readonly at: string;
}

export interface PresenceChanged {
  readonly type: 'joined' | 'left';
  readonly name: string;
  readonly members: readonly string[];
}

export interface IsTyping {
  readonly type: 'typing';
  readonly name: string;
}

/** What a client receives, beside `{"error": …}` for a message that was not valid. */
export type ChatEvent = Welcome | Said | PresenceChanged | IsTyping;
