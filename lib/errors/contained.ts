/** Somebody who pays for an exception with the connection that it concerns. */
export interface FaultOwner {
  /** Ends the connection and says so in the log. It must not throw. */
  onFault(error: unknown): void;
}

/**
 * Runs what an event of a server, a socket or a timer has called for. An exception there would end the process, and
 * with it the connections of everybody else.
 */
export function contained<Owner extends FaultOwner>(
  owner: Owner,
  run: (owner: Owner) => void,
): void {
  try {
    run(owner);
  } catch (error) {
    owner.onFault(error);
  }
}
