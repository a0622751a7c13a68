/** A promise with the functions that settle it. Nobody has to wait for it. */
export function awaited() {
  let settle;
  const promise = new Promise((resolve, reject) => (settle = { resolve, reject }));
  promise.catch(() => undefined);
  return { promise, ...settle };
}
