import { AsyncLocalStorage } from 'node:async_hooks';

import { TurnShare } from '../../../lib/values/turn.share.js';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('the share of a turn', () => {
  it('does nothing before it returns, and everything in order', async () => {
    const share = new TurnShare(3);
    const done: number[] = [];
    for (let job = 0; job < 10; job += 1) share.soon(() => done.push(job));
    expect(done).toEqual([]);
    for (const count of [4, 7, 10]) {
      await turn();
      expect(done).toEqual(Array.from({ length: count }, (_, job) => job));
    }
  });

  it('does the first jobs within the turn', async () => {
    const share = new TurnShare(3);
    let done = 0;
    for (let job = 0; job < 4; job += 1) share.soon(() => (done += 1));
    await Promise.resolve();
    await Promise.resolve();
    expect(done).toBe(3);
    await turn();
    await turn();
    expect(done).toBe(4);
  });

  it('bounds a job that asks for the next one', async () => {
    const share = new TurnShare(3);
    let done = 0;
    const again = (): void => {
      done += 1;
      if (done < 100) share.soon(again);
    };
    share.soon(again);
    await turn();
    expect(done).toBeLessThan(10);
    for (let turns = 0; turns < 40; turns += 1) await turn();
    expect(done).toBe(100);
  });

  it('keeps the asynchronous context of each job', async () => {
    const storage = new AsyncLocalStorage<number>();
    const share = new TurnShare(2);
    const seen: (number | undefined)[] = [];
    for (let job = 0; job < 7; job += 1)
      storage.run(job, () => share.soon(() => seen.push(storage.getStore())));
    for (let turns = 0; turns < 4; turns += 1) await turn();
    expect(seen).toEqual([0, 1, 2, 3, 4, 5, 6]);
  });
});
