import type { PresenceChange } from 'nestjs-revali-ws';

/** What others see of a page. */
export interface Seen {
  readonly name: string;
  /** The node that serves it. */
  readonly node: string;
}

export interface Member extends Seen {
  /** The page's key, across all of its connections. */
  readonly key: string;
}

/** Sent to a page that has just connected or reconnected. */
export interface Welcome {
  readonly type: 'welcome';
  readonly you: Member;
  /** The names of all nodes. */
  readonly nodes: readonly string[];
}

export interface Said {
  readonly type: 'said';
  /** The message's id, chosen by its page. */
  readonly id: string;
  readonly from: Member;
  readonly text: string;
}

/** Who is here, and who comes and goes. */
export type WhoEvent = PresenceChange<Seen>;
