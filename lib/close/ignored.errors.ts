/**
 * Listens for the errors of a socket whose close event tells the rest; without a listener, they would end the process.
 */
export function ignoreError(): void {
  // The close event tells the rest.
}
