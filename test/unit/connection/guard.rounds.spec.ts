import { jest } from '@jest/globals';

import type { CloseFrame } from '../../../lib/close/close.frame.js';
import {
  GuardRounds,
  GuardsTimeout,
  type GuardedPeer,
} from '../../../lib/connection/guard.rounds.js';

class FakePeer implements GuardedPeer {
  isOpen = true;
  readonly closes: [frame: CloseFrame, error: unknown][] = [];

  inScope(run: () => void): void {
    run();
  }

  closeForError(frame: CloseFrame, error: unknown): void {
    this.closes.push([frame, error]);
    this.isOpen = false;
  }
}

const REFUSED = { code: 4403, reason: 'Refused' };
const rule = { every: 10_000, timeout: 1_000, refusalOf: () => REFUSED };

describe('rounds of guards', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.restoreAllMocks();
    jest.useRealTimers();
  });

  it.each([
    ['as late as the interval', 0, 10_000],
    ['a fifth earlier', 1, 8_000],
    ['in between', 0.5, 9_000],
  ])('come by chance: %s', async (_when, random, delay) => {
    jest.spyOn(Math, 'random').mockReturnValue(random);
    const ask = jest.fn(() => Promise.resolve());
    const rounds = new GuardRounds(new FakePeer(), ask, rule);
    await jest.advanceTimersByTimeAsync(delay - 1);
    expect(ask).not.toHaveBeenCalled();
    await jest.advanceTimersByTimeAsync(1);
    expect(ask).toHaveBeenCalledTimes(1);
    await jest.advanceTimersByTimeAsync(delay);
    expect(ask).toHaveBeenCalledTimes(2);
    rounds.release();
    expect(jest.getTimerCount()).toBe(0);
  });

  it('end with a refusal', async () => {
    const error = new Error('refused');
    const peer = new FakePeer();
    const ask = jest.fn(() => Promise.reject(error));
    const rounds = new GuardRounds(peer, ask, rule);
    await jest.advanceTimersByTimeAsync(100_000);
    expect(ask).toHaveBeenCalledTimes(1);
    expect(peer.closes).toEqual([[REFUSED, error]]);
    expect(jest.getTimerCount()).toBe(0);
    rounds.release();
  });

  it('end with guards that do not answer in time, whatever they say afterwards', async () => {
    const peer = new FakePeer();
    let answer = (_error: Error): void => undefined;
    const ask = (): Promise<void> => new Promise((_resolve, reject) => (answer = reject));
    jest.spyOn(Math, 'random').mockReturnValue(0);
    const rounds = new GuardRounds(peer, ask, rule);
    await jest.advanceTimersByTimeAsync(10_999);
    expect(peer.closes).toEqual([]);
    await jest.advanceTimersByTimeAsync(1);
    expect(peer.closes).toHaveLength(1);
    answer(new Error('late'));
    await jest.advanceTimersByTimeAsync(100_000);
    expect(peer.closes).toEqual([[REFUSED, expect.any(GuardsTimeout)]]);
    rounds.release();
  });

  it('do not come to a connection that is closing', async () => {
    const peer = new FakePeer();
    const ask = jest.fn(() => Promise.resolve());
    const rounds = new GuardRounds(peer, ask, rule);
    peer.isOpen = false;
    await jest.advanceTimersByTimeAsync(100_000);
    expect(ask).not.toHaveBeenCalled();
    expect(jest.getTimerCount()).toBe(0);
    rounds.release();
  });

  it('released while guards are asked, neither go on nor close', async () => {
    const peer = new FakePeer();
    let answer = (_error: Error): void => undefined;
    const ask = jest.fn((): Promise<void> => new Promise((_resolve, reject) => (answer = reject)));
    jest.spyOn(Math, 'random').mockReturnValue(0);
    const rounds = new GuardRounds(peer, ask, rule);
    await jest.advanceTimersByTimeAsync(10_000);
    expect(ask).toHaveBeenCalledTimes(1);
    rounds.release();
    expect(jest.getTimerCount()).toBe(0);
    answer(new Error('refused'));
    await jest.advanceTimersByTimeAsync(100_000);
    expect(ask).toHaveBeenCalledTimes(1);
    expect(peer.closes).toEqual([]);
  });
});
