/** Broadcasts of one node to one of its rooms. */
export type Broadcast = (node: number, room: string) => Promise<void> | void;

export interface Broadcasting {
  /** Where each room is broadcast to, one after another, over and over. */
  readonly places: readonly { readonly node: number; readonly room: string }[];
  readonly count: number;
  /** A second; 0: as fast as they are accepted, so many at a time. */
  readonly rate: number;
}

const AT_A_TIME = 200;

/** What a client gets each time: 200 bytes of JSON. */
export const STORY = { event: 'story', text: 'x'.repeat(174) };

/** Resolves when all are accepted. */
export async function broadcastAll(
  { places, count, rate }: Broadcasting,
  broadcast: Broadcast,
): Promise<void> {
  const began = performance.now();
  let made = 0;
  const next = async (): Promise<void> => {
    const place = places[made % places.length];
    made += 1;
    if (place) await broadcast(place.node, place.room);
  };
  if (rate === 0) {
    await Promise.all(
      Array.from({ length: AT_A_TIME }, async () => {
        while (made < count) await next();
      }),
    );
    return;
  }
  // Each by itself, as those of clients come: what is made in one turn shares reads and writes.
  const accepted: Promise<void>[] = [];
  while (made < count) {
    accepted.push(next());
    const dueAt = began + (made * 1000) / rate;
    await new Promise((resolve) => setTimeout(resolve, dueAt - performance.now()));
  }
  await Promise.all(accepted);
}

/** A message that says when it was sent. */
export interface Timed {
  readonly at: number;
}

/** A way from one node to another. */
export interface Way {
  send(message: Timed): void;
  /** Takes who is told when one has come. */
  onMessage(listener: (message: Timed) => void): void;
}

/**
 * Ways take turns, so that they share whatever happens to the machine.
 *
 * @returns p50 and p99 of each, in ms.
 */
export async function measureLatency(
  ways: readonly Way[],
  { count, rate }: Pick<Broadcasting, 'count' | 'rate'>,
): Promise<{ p50: number; p99: number }[]> {
  const all = ways.map(() => [] as number[]);
  for (const [index, way] of ways.entries())
    way.onMessage(({ at }) => all[index]?.push(performance.now() - at));
  const until = async (least: number): Promise<void> => {
    while (all.some((times) => times.length < least))
      for (const way of ways) {
        way.send({ at: performance.now() });
        await new Promise((resolve) => setTimeout(resolve, 1000 / rate / ways.length));
      }
  };
  // Nothing comes before the subscription is there; and the first ones are compiled.
  await until(count / 2);
  for (const times of all) times.length = 0;
  await until(count);
  return all.map((times) => {
    const sorted = times.toSorted((left, right) => left - right);
    const quantile = (share: number): number => sorted[Math.floor(sorted.length * share)] ?? NaN;
    return { p50: quantile(0.5), p99: quantile(0.99) };
  });
}
