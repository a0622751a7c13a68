/** Totals of one application's rooms since it started, and current values. */
export interface RoomMetricsSnapshot {
  /** Rooms in which this application currently has, or had a moment ago, members, watchers, or listeners. */
  readonly rooms: number;
  /** Current memberships: a connection in two rooms counts twice. */
  readonly members: number;
  /** Passed to the broker, including messages between rooms themselves. */
  readonly broadcasts: number;
  /** Accepted by the broker. */
  readonly accepted: number;
  /** Not passed to the broker because it was unavailable or too many were waiting. */
  readonly refused: number;
  /** The broker may or may not have accepted them. */
  readonly unknown: number;
  /** Packets from the broker. */
  readonly received: number;
  /** Messages passed to members: one broadcast to three members counts three times. */
  readonly delivered: number;
  /** Not passed to members that were excluded, or already had them. */
  readonly skipped: number;
  /** Broadcasts that nobody here received because too many waited for one in progress. */
  readonly dropped: number;
  /** Members that are currently catching up because they read too slowly or resume. */
  readonly behind: number;
  /** Messages sent to members while they caught up. */
  readonly caughtUp: number;
  /** Gaps: places where messages may be missing. */
  readonly gaps: {
    /** For all members of a room here. */
    readonly node: number;
    /** For one member. */
    readonly member: number;
  };
  /** Members that sent a position to resume from. */
  readonly resumes: {
    /** Got everything they had missed. */
    readonly recovered: number;
    /** Resumes served by this application itself. */
    readonly fromRing: number;
    /** Resumes for which the broker was asked. */
    readonly fromBroker: number;
    /** Learned that something is missing. */
    readonly failed: number;
  };
  /** Duration in ms of the last broadcast that took more than one turn of the event loop. 0 if none did. */
  readonly fanOutLag: number;
  /** The link to the broker. */
  readonly broker: {
    /** Whether broadcasts and joins can succeed. */
    readonly status: 'connecting' | 'ready' | 'lost';
    /** When the status began, in ms since 1970. */
    readonly since: number;
    /** How often the link was restored. */
    readonly reconnects: number;
    /** Rooms that the broker currently sends. */
    readonly subscriptions: number;
    /** Broadcasts that it has not answered yet. */
    readonly pending: number;
  };
  /** Presence. */
  readonly presence: {
    /** Current members of this application in rooms with `presence: true`. */
    readonly entries: number;
    /** Current subscribers of `watch()`. */
    readonly watchers: number;
    /** Changes written to the broker. */
    readonly writes: number;
  };
}
