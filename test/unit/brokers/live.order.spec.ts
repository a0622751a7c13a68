import { jest } from '@jest/globals';

import { LiveOrder } from '../../../lib/brokers/nats/live.order.js';

const ROOM = 'chat/blue';

describe('messages of a room that a NATS server tells', () => {
  let told: number[];
  let place: number | undefined;
  let order: LiveOrder;

  beforeEach(() => {
    jest.useFakeTimers();
    told = [];
    place = 1;
    order = new LiveOrder(() => place);
  });
  afterEach(() => {
    expect(jest.getTimerCount()).toBe(0);
    jest.useRealTimers();
  });

  const take = (sequence: number, sequenceBefore: number): void =>
    order.take(ROOM, {
      sequence,
      sequenceBefore,
      tell: () => {
        told.push(sequence);
        place = sequence;
      },
    });

  it('are told at once in the order of the stream', () => {
    take(4, 1);
    take(9, 4);
    expect(told).toEqual([4, 9]);
  });

  it('wait for those before them', () => {
    take(12, 9);
    take(9, 4);
    take(15, 12);
    expect(told).toEqual([]);
    take(4, 1);
    expect(told).toEqual([4, 9, 12, 15]);
  });

  it('are told in order, with the hole, where one does not come', () => {
    take(12, 9);
    take(9, 4);
    jest.advanceTimersByTime(249);
    expect(told).toEqual([]);
    jest.advanceTimersByTime(1);
    expect(told).toEqual([9, 12]);
    take(15, 12);
    expect(told).toEqual([9, 12, 15]);
  });

  it('do not wait where nothing is known of the room', () => {
    place = undefined;
    take(12, 9);
    expect(told).toEqual([12]);
  });

  it('do not wait without bound', () => {
    for (let sequence = 3; sequence < 1_005; sequence += 1) take(sequence, sequence - 1);
    expect(told).toHaveLength(1_002);
    expect(told[0]).toBe(3);
  });

  it('are dropped with the room', () => {
    take(12, 9);
    order.forget(ROOM);
    jest.runAllTimers();
    expect(told).toEqual([]);
  });

  it('of another stream, which counts from the start, do not wait', () => {
    place = 500;
    take(2, 0);
    take(3, 2);
    expect(told).toEqual([2, 3]);
  });
});
