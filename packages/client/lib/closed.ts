/**
 * How a connection ended.
 *
 * - `done`: with 1000, by the server or by `close()`.
 * - `aborted`: by its signal.
 * - `refused`: 4400–4499 or 3000, and another attempt would be refused as well.
 * - `application`: another code of 3000–4999.
 * - `fault`: 1002, 1003, 1007, 1009 or 1010, or no socket can be made for the address: another attempt would end in the
 *   same way.
 * - `exhausted`: another attempt might succeed, but `retry` allows none.
 */
export type ClosedKind = 'done' | 'aborted' | 'refused' | 'application' | 'fault' | 'exhausted';

/** Close codes that servers and networks use on their own. */
export type StandardCode =
  | 1000
  | 1001
  | 1002
  | 1003
  | 1005
  | 1006
  | 1007
  | 1008
  | 1009
  | 1010
  | 1011
  | 1012
  | 1013
  | 1014
  | 1015;

/** The end of one socket. */
export interface CloseInfo<Code extends number = number> {
  /** 1006 if no close frame came. */
  readonly code: Code | StandardCode;
  /** The server's reason, or why the client gave up the socket. */
  readonly reason: string;
}

/** The end of a connection. */
export interface Closed<Code extends number = number> extends CloseInfo<Code> {
  readonly kind: ClosedKind;
}
