/** Listens for the errors of a socket whose close event tells the rest; without a listener they end the process. */
export function ignoreError(): void {
  // Nothing to do.
}
