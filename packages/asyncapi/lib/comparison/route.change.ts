/**
 * The effect of a change on clients that know the old routes. `breaking`: some of them fail. `risky`: clients fail if
 * they are strict, or if they relied on more than the document said. `added`: no client notices.
 */
export type ChangeLevel = 'breaking' | 'risky' | 'added';

/** `in`: data that clients send, including the handshake. `out`: data that clients get. `route`: the route itself. */
export type ChangeDirection = 'in' | 'out' | 'route';

/** One difference between two documents. */
export interface RouteChange {
  readonly level: ChangeLevel;
  /** The path, with the version and host if the route has them: `/chat/:room`, `/chat (version 2)`. */
  readonly route: string;
  readonly direction: ChangeDirection;
  /** A description of the change, in one line. */
  readonly text: string;
}

/** Receives each change while two routes are compared. */
export type Report = (level: ChangeLevel, text: string) => void;
