import { jest } from '@jest/globals';

import { within } from '../../../lib/rooms/within.js';

const late = (): Error => new Error('late');
/** What an API in plain JavaScript may give. */
const foreign = (value: unknown): Promise<unknown> => value as Promise<unknown>;

describe('within a time', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  it('work is done, and no timer is left', async () => {
    expect(await within(Promise.resolve('done'), 100, late)).toBe('done');
    expect(jest.getTimerCount()).toBe(0);
    await expect(within(Promise.reject(new Error('failed')), 100, late)).rejects.toThrow('failed');
    expect(jest.getTimerCount()).toBe(0);
  });

  it('work that is no promise is done', async () => {
    expect(await within(foreign(undefined), 100, late)).toBeUndefined();
    expect(jest.getTimerCount()).toBe(0);
  });

  const never = new Promise(() => undefined);
  // oxlint-disable unicorn/no-thenable -- what the test is about
  it.each([
    ['a promise', never],
    ['a thenable', { then: () => undefined }],
    ['the promise of a thenable', { then: (take: (value: unknown) => void) => take(never) }],
    // oxlint-enable unicorn/no-thenable
  ])('%s that never settles is late', async (_what, work) => {
    const outcome = expect(within(foreign(work), 100, late)).rejects.toThrow('late');
    await jest.advanceTimersByTimeAsync(100);
    await outcome;
    expect(jest.getTimerCount()).toBe(0);
  });
});
