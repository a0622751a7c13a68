/** Runs a job for each index, many at a time, until they are done or `isDone` says so. */
export async function inPool(
  indices: Iterable<number>,
  size: number,
  job: (index: number) => Promise<void>,
  isDone: () => boolean = () => false,
): Promise<void> {
  const rest = indices[Symbol.iterator]();
  const worker = async (): Promise<void> => {
    for (let next = rest.next(); !next.done && !isDone(); next = rest.next()) await job(next.value);
  };
  await Promise.all(Array.from({ length: size }, worker));
}

export function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, offset) => from + offset);
}
