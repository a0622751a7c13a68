/** What the connections of one person, device, or other member share. */
export interface MemberKey {
  /** Connections with the same key count as one. */
  readonly key: string;
}

/**
 * A member of a room: one person, device, or whatever `memberOf()` gives one key.
 *
 * @typeParam TMember What `memberOf()` returns in addition to the key.
 */
export interface Present<TMember extends object = object> {
  /** The key that `memberOf()` returned. */
  readonly key: string;
  /** What the latest join returned, after JSON and without the key. */
  readonly member: TMember;
  /** Its number of connections in the room. 0 while only `linger` keeps it. */
  readonly connections: number;
}

/** An event of {@link Room.watch}. */
export type PresenceChange<TMember extends object = object> =
  | {
      /** The first event, and the one after `unknown`. Sorted by key. */
      readonly type: 'here';
      /** All members. */
      readonly present: readonly Present<TMember>[];
    }
  | {
      /** The first connection of a key has come, the last one has left, or the member's data has changed. */
      readonly type: 'joined' | 'left' | 'updated';
      /** The key that `memberOf()` returned. */
      readonly key: string;
      /** What `memberOf()` returned in addition to the key. */
      readonly member: TMember;
    }
  | {
      /** The broker cannot be reached: nobody knows who comes and goes. */
      readonly type: 'unknown';
    };

/** The number of members of a room. */
export interface PresenceCount {
  /** In all applications. */
  readonly connections: number;
  /** Present if this application watches the room, and so knows the number without asking for the list. */
  readonly keys?: number;
}
