/** For a place that wants a function, where nobody has anything to do. */
export function nothing(): void {
  // That is all.
}
