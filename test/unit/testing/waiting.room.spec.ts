import { WaitingRoom } from '../../../lib/testing/waiting.room.js';

const room = () =>
  new WaitingRoom<string>({
    late: (awaited) => new Error(`${awaited} is late`),
    over: (awaited) => new Error(`${awaited} is over`),
  });

describe('a waiting room', () => {
  it('gives out in order what came before it was asked for', async () => {
    const waiting = room();
    waiting.put('a');
    waiting.put('');
    expect(waiting.queued).toEqual(['a', '']);
    expect([await waiting.take('it', 1000), await waiting.take('it', 1000)]).toEqual(['a', '']);
    expect(waiting.queued).toEqual([]);
  });

  it('serves in order those who asked before it came', async () => {
    const waiting = room();
    const taken = Promise.all([waiting.take('it', 1000), waiting.take('it', 1000)]);
    waiting.put('a');
    waiting.put('b');
    waiting.put('c');
    expect(await taken).toEqual(['a', 'b']);
    expect(waiting.queued).toEqual(['c']);
  });

  it('lets nobody wait past the deadline, and keeps what comes after it', async () => {
    const waiting = room();
    await expect(waiting.take('it', 10)).rejects.toThrow('it is late');
    waiting.put('a');
    expect(waiting.queued).toEqual(['a']);
  });

  it('sends all away at the end, and gives out what is left', async () => {
    const waiting = room();
    const first = waiting.take('the first', 1000);
    const second = waiting.take('the second', 1000);
    waiting.put('a');
    waiting.end();
    expect(await first).toBe('a');
    await expect(second).rejects.toThrow('the second is over');
    await expect(waiting.take('a third', 1000)).rejects.toThrow('a third is over');
  });
});
