/** What connections of one person, device or the like have in common. */
export interface MemberKey {
  /** Connections with the same one count as one. */
  readonly key: string;
}

/**
 * Who is in a room: one person, device or whatever `memberOf()` gives one key.
 *
 * @typeParam TMember What `memberOf()` tells besides the key.
 */
export interface Present<TMember extends object = object> {
  /** As `memberOf()` has told it. */
  readonly key: string;
  /** As its last join has told it, as JSON carries it, and without the key. */
  readonly member: TMember;
  /** How many it is here with. 0 while only `linger` keeps it. */
  readonly connections: number;
}

/** What {@link Room.watch} tells. */
export type PresenceChange<TMember extends object = object> =
  | {
      /** First of all, and after `unknown`. In the order of the keys. */
      readonly type: 'here';
      /** Everybody. */
      readonly present: readonly Present<TMember>[];
    }
  | {
      /** The first connection of a key has come, the last one has left, or what is told of it is another. */
      readonly type: 'joined' | 'left' | 'updated';
      /** As `memberOf()` has told it. */
      readonly key: string;
      /** What `memberOf()` tells besides the key. */
      readonly member: TMember;
    }
  | {
      /** The broker cannot be reached: nobody knows who comes and goes. */
      readonly type: 'unknown';
    };

/** How many are in a room. */
export interface PresenceCount {
  /** In all applications. */
  readonly connections: number;
  /** Where this application watches the room, and so knows it without asking for the list. */
  readonly keys?: number;
}
