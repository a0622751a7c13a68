import type { PresenceChange } from 'nestjs-revali-ws';

/** What others see of a page. */
export interface Seen {
  readonly name: string;
  /** That serves it. */
  readonly node: string;
}

export interface Member extends Seen {
  /** Of the page, over all of its connections. */
  readonly key: string;
}

/** To whoever has just come, or come back. */
export interface Welcome {
  readonly type: 'welcome';
  readonly you: Member;
  /** The names of all nodes. */
  readonly nodes: readonly string[];
}

export interface Said {
  readonly type: 'said';
  /** Of the message, as its page has chosen it. */
  readonly id: string;
  readonly from: Member;
  readonly text: string;
}

/** Who is here, and who comes and goes. */
export type WhoEvent = PresenceChange<Seen>;
