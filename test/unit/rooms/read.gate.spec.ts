import { jest } from '@jest/globals';

import { ReadGate } from '../../../lib/rooms/read.gate.js';

const refusal = new Error('too many');
const refuse = (): Error => refusal;

describe('The gate of reads', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it('lets 8 of one room through, and others past those that wait', async () => {
    const gate = new ReadGate();
    const ends = await Promise.all(Array.from({ length: 8 }, () => gate.enter('a', 10, refuse)));
    const ninth = gate.enter('a', 1000, refuse);
    await gate.enter('b', 10, refuse);
    expect(gate.size).toBe(10);
    ends[0]?.();
    const end = await ninth;
    end();
    expect(gate.size).toBe(8);
  });

  it('lets 64 through in all, and the next when one has ended', async () => {
    const gate = new ReadGate();
    const rooms = Array.from({ length: 64 }, (_, index) => `${index}`);
    const ends = await Promise.all(rooms.map((room) => gate.enter(room, 10, refuse)));
    const order: string[] = [];
    const late = ['x', 'y'].map((room) =>
      gate.enter(room, 1000, refuse).then(() => order.push(room)),
    );
    ends.slice(0, 2).forEach((end) => end());
    await Promise.all(late);
    expect(order).toEqual(['x', 'y']);
  });

  it('refuses one whose turn does not come in time, and forgets it', async () => {
    const gate = new ReadGate();
    const ends = await Promise.all(Array.from({ length: 8 }, () => gate.enter('a', 10, refuse)));
    const late = expect(gate.enter('a', 50, refuse)).rejects.toBe(refusal);
    await jest.advanceTimersByTimeAsync(50);
    await late;
    ends.forEach((end) => end());
    expect(gate.size).toBe(0);
    expect(jest.getTimerCount()).toBe(0);
  });
});
