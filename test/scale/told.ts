/** What a client was told of one room, in the order in which it came. */
export type Told =
  | {
      readonly what: 'join';
      readonly position: string;
      readonly isContinued: boolean;
      /** Where it wanted to go on. */
      readonly asked: string | undefined;
    }
  | { readonly what: 'message'; readonly position: string; readonly text: string }
  | { readonly what: 'gap'; readonly position: string }
  | { readonly what: 'leave' };

/** Everything that one client was told of one room, over all of its connections. */
export interface RoomSight {
  readonly client: string;
  /** As the wire names it. */
  readonly room: string;
  readonly told: readonly Told[];
}

/** `refused`: nothing has happened. `unknown`: it may have been accepted. */
export type Outcome = 'accepted' | 'refused' | 'unknown';

/** One text that a node was asked to broadcast. */
export interface Broadcast {
  readonly text: string;
  readonly room: string;
  /** One life of one process. */
  readonly sender: string;
  /** Counts what the sender was asked to broadcast in this room. */
  readonly count: number;
  /** `unknown` until somebody has answered. */
  outcome: Outcome;
  isAnswered: boolean;
  /** In rooms with history. */
  position: string | undefined;
}

/** What must never be. */
export type Verdict =
  | 'hole'
  | 'repetition'
  | 'reordering'
  | 'other history'
  | 'gap without need'
  | 'wrong place'
  | 'uninvited'
  | 'unannounced loss';

export interface Finding {
  readonly verdict: Verdict;
  readonly detail: string;
}

/** Of a position: it counts, until a history begins anew. */
export const offsetOf = (position: string): number => parseInt(position.split('.')[0] ?? '', 36);

/** Whether a position is what a gap is told with where the broker cannot tell what is in front of a message: JetStream. */
export function isUnknownBefore(position: string, message: string): boolean {
  const [tag, next] = [position, message].map((each) => parseInt(each.split('.')[1] ?? '', 16));
  return tag !== undefined && next !== undefined && (tag ^ next) >>> 0 === 0xff_ff_ff_ff;
}
