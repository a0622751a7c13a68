/** A function that does nothing. */
export function nothing(): void {
  // Intentionally empty.
}
