export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === 'object' &&
    value !== null &&
    'then' in value &&
    typeof value.then === 'function'
  );
}

/**
 * For a promise where a value is needed at once: nobody awaits it, and its rejection would end the process.
 *
 * @returns Whether it was one.
 */
export function discardPromise(value: unknown): boolean {
  if (!isThenable(value)) return false;
  Promise.resolve(value).catch(() => undefined);
  return true;
}
