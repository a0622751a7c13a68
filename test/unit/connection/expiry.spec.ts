import { jest } from '@jest/globals';

import { Expiry, expiryTimeOf } from '../../../lib/connection/expiry.js';
import { InvalidExpiryException } from '../../../lib/errors/expiry.exceptions.js';

const DAY = 24 * 60 * 60 * 1_000;

function started(): { expiry: Expiry; onExpired: jest.Mock<() => void> } {
  const onExpired = jest.fn<() => void>();
  const expiry = new Expiry(onExpired);
  expiry.start();
  return { expiry, onExpired };
}

describe('the end of an authentication', () => {
  beforeEach(() => {
    jest.useFakeTimers({ now: new Date('2026-11-28T04:00:00Z') });
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it('comes at its time, and not a millisecond earlier', () => {
    const { expiry, onExpired } = started();
    expiry.set(Date.now() + 1_000);
    jest.advanceTimersByTime(999);
    expect(onExpired).not.toHaveBeenCalled();
    jest.advanceTimersByTime(1);
    expect(onExpired).toHaveBeenCalledTimes(1);
    jest.advanceTimersByTime(DAY);
    expect(onExpired).toHaveBeenCalledTimes(1);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('comes at a time that is further away than timers go', () => {
    const { expiry, onExpired } = started();
    expiry.set(new Date(Date.now() + 100 * DAY));
    jest.advanceTimersByTime(1);
    expect(onExpired).not.toHaveBeenCalled();
    jest.advanceTimersByTime(100 * DAY - 2);
    expect(onExpired).not.toHaveBeenCalled();
    jest.advanceTimersByTime(1);
    expect(onExpired).toHaveBeenCalledTimes(1);
  });

  it('can wait until the end of time', () => {
    const { expiry, onExpired } = started();
    const timers = jest.spyOn(globalThis, 'setTimeout');
    expiry.set(8.64e15);
    jest.advanceTimersByTime(DAY);
    expect(timers).toHaveBeenCalledTimes(1);
    expect(onExpired).not.toHaveBeenCalled();
    expiry.stop();
    expect(jest.getTimerCount()).toBe(0);
  });

  it('goes by the clock, where a timer fires early', () => {
    const { expiry, onExpired } = started();
    expiry.set(Date.now() + 10_000);
    jest.setSystemTime(Date.now() - 5_000);
    jest.advanceTimersByTime(10_000);
    expect(onExpired).not.toHaveBeenCalled();
    jest.advanceTimersByTime(5_000);
    expect(onExpired).toHaveBeenCalledTimes(1);
  });

  it('can be moved later, earlier, and away', () => {
    const { expiry, onExpired } = started();
    expiry.set(Date.now() + 1_000);
    expiry.set(Date.now() + 3_000);
    jest.advanceTimersByTime(2_999);
    expect(onExpired).not.toHaveBeenCalled();
    expiry.set(undefined);
    jest.advanceTimersByTime(10_000);
    expect(onExpired).not.toHaveBeenCalled();
    expect(jest.getTimerCount()).toBe(0);
    expiry.set(Date.now() + DAY);
    expiry.set(Date.now() - 1);
    expect(onExpired).toHaveBeenCalledTimes(1);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('comes to nobody before the start or after the end', () => {
    const onExpired = jest.fn<() => void>();
    const expiry = new Expiry(onExpired);
    expiry.set(Date.now() - 1);
    expect([expiry.hasPassed, onExpired.mock.calls.length]).toEqual([true, 0]);
    expiry.set(Date.now() + 10);
    expect(expiry.hasPassed).toBe(false);
    expect(jest.getTimerCount()).toBe(0);
    expiry.start();
    expiry.stop();
    expiry.set(Date.now() - 1);
    jest.advanceTimersByTime(DAY);
    expect(onExpired).not.toHaveBeenCalled();
  });

  it('is a copy of the date that was given', () => {
    const { expiry } = started();
    const date = new Date(Date.now() + 1_000);
    expiry.set(date);
    date.setTime(0);
    expiry.date?.setTime(0);
    expect(expiry.date?.getTime()).toBe(Date.now() + 1_000);
    expiry.stop();
  });

  it.each([
    [NaN],
    [Infinity],
    [-Infinity],
    [8.65e15],
    [new Date(NaN)],
    ['2027-01-01'],
    [null],
    [true],
    [1n],
    [{}],
    [Promise.resolve(1)],
    [{ getTime: (): number => 5 }],
  ])('is not %p, which changes nothing', (value) => {
    const { expiry, onExpired } = started();
    expiry.set(Date.now() + 1_000);
    expect(() => expiry.set(value)).toThrow(InvalidExpiryException);
    expect(() => expiryTimeOf(value, 'Chat.join()')).toThrow(/^Chat\.join\(\) is .*, which is no/);
    jest.advanceTimersByTime(1_000);
    expect(onExpired).toHaveBeenCalledTimes(1);
  });
});
