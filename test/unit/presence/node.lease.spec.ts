import { jest } from '@jest/globals';

import { NodeLease } from '../../../lib/presence/node.lease.js';

const LEASE = 3_000;
type Answer = boolean | Error;

/** A lease that is renewed with these answers, and with `true` afterwards. */
async function leaseWith(answers: Answer[]): Promise<{ lease: NodeLease; told: string[] }> {
  const told: string[] = [];
  const lease = new NodeLease({
    ms: LEASE,
    isReady: () => true,
    renew: () => {
      const answer = answers.shift() ?? true;
      return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
    },
    onExpired: () => told.push('expired'),
    onFailed: () => told.push('failed'),
  });
  await lease.hold();
  return { lease, told };
}

describe('The lease of an application', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it('is new at first, which is no loss', async () => {
    const { lease, told } = await leaseWith([false]);
    await jest.advanceTimersByTimeAsync(LEASE);
    expect(told).toEqual([]);
    lease.drop();
    expect(jest.getTimerCount()).toBe(0);
  });

  it('is told to have run out once where the store says so', async () => {
    const { lease, told } = await leaseWith([false, true, false]);
    await jest.advanceTimersByTimeAsync(LEASE * 2);
    expect(told).toEqual(['expired']);
    lease.drop();
  });

  it('counts as run out where an answer was lost that may have said so', async () => {
    const { lease, told } = await leaseWith([false, new Error('lost'), true]);
    await jest.advanceTimersByTimeAsync(LEASE * 2);
    expect(told).toEqual(['failed', 'expired']);
    lease.drop();
  });
});
