/** What happened in the rooms of one application since it started, and what is the case now. */
export interface RoomMetricsSnapshot {
  /** That this application has members of, watches or listens to, or had a moment ago. Now. */
  readonly rooms: number;
  /** Memberships: a connection in two rooms counts twice. Now. */
  readonly members: number;
  /** Given to the broker, what rooms tell one another included. */
  readonly broadcasts: number;
  /** Taken by the broker. */
  readonly accepted: number;
  /** Not given to the broker, as it was not there or too much waited for it. */
  readonly refused: number;
  /** Nobody knows whether the broker has taken them. */
  readonly unknown: number;
  /** Packets from the broker. */
  readonly received: number;
  /** Messages given to members: one broadcast to three members counts three times. */
  readonly delivered: number;
  /** Not given to members that were excepted, or had them already. */
  readonly skipped: number;
  /** Broadcasts that nobody here was told of, as too many waited for one that was under way. */
  readonly dropped: number;
  /** Members that read too slowly, or resume, and are catching up. Now. */
  readonly behind: number;
  /** Messages sent to members that were catching up. */
  readonly caughtUp: number;
  /** Where messages may be missing. */
  readonly gaps: {
    /** For all members of a room here. */
    readonly node: number;
    /** For one member. */
    readonly member: number;
  };
  /** Members that have said where they were. */
  readonly resumes: {
    /** Got all that they had missed. */
    readonly recovered: number;
    /** Times that it was found in this application. */
    readonly fromRing: number;
    /** Times that the broker was asked. */
    readonly fromBroker: number;
    /** Were told that something is missing. */
    readonly failed: number;
  };
  /** Milliseconds that the last broadcast took which was told in more than one turn of the event loop. 0: none was. */
  readonly fanOutLag: number;
  /** The link to the broker. */
  readonly broker: {
    /** Whether broadcasts and joins have a chance. */
    readonly status: 'connecting' | 'ready' | 'lost';
    /** When the status began, in ms since 1970. */
    readonly since: number;
    /** Times that the link has come back. */
    readonly reconnects: number;
    /** Rooms that the broker sends. Now. */
    readonly subscriptions: number;
    /** Broadcasts that it has not answered yet. Now. */
    readonly pending: number;
  };
  /** Who is there. */
  readonly presence: {
    /** Members of this application in rooms with `presence: true`. Now. */
    readonly entries: number;
    /** Subscribers of `watch()`. Now. */
    readonly watchers: number;
    /** Changes written to the broker. */
    readonly writes: number;
  };
}
