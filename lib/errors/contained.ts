/** Owns a connection that ends when its code throws. */
export interface FaultOwner {
  /** Ends the connection and logs why. It must not throw. */
  onFault(error: unknown): void;
}

/**
 * Runs the code that an event of a server, a socket, or a timer triggers. An uncaught exception there would end the
 * process, and every other connection with it.
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
