import { TurnScheduler, type Resumable } from '../../../lib/message/turn.scheduler.js';

function burn(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Has so many pieces of work to do, each of which takes a while. */
class Worker implements Resumable {
  constructor(
    private readonly name: string,
    private readonly turns: TurnScheduler,
    private readonly log: string[],
    private pieces: number,
    private readonly ms: number,
  ) {}

  readonly faults: unknown[] = [];

  onFault(error: unknown): void {
    this.faults.push(error);
  }

  resume(): void {
    while (this.pieces > 0) {
      if (this.turns.isOver) {
        this.turns.wait(this);
        return;
      }
      this.pieces -= 1;
      this.log.push(this.name);
      burn(this.ms);
    }
  }
}

describe('TurnScheduler', () => {
  it('lets a turn be used up, and no more', () => {
    const turns = new TurnScheduler(5);
    expect(turns.isOver).toBe(false);
    burn(6);
    expect(turns.isOver).toBe(true);
  });

  it('begins anew in the next turn of the event loop', async () => {
    const turns = new TurnScheduler(5);
    expect(turns.isOver).toBe(false);
    burn(6);
    await turn();
    expect(turns.isOver).toBe(false);
  });

  it('sees soon that messages have begun to take their time', () => {
    const turns = new TurnScheduler(100);
    const ask = (times: number): boolean[] => Array.from({ length: times }, () => turns.isOver);
    expect(ask(100)).not.toContain(true);
    burn(101);
    expect(ask(8)).toContain(true);
    expect(turns.isOver).toBe(true);
  });

  it('shares the turns among all that wait, one after another', async () => {
    const log: string[] = [];
    const turns = new TurnScheduler(5);
    for (const name of ['a', 'b', 'c']) new Worker(name, turns, log, 3, 6).resume();
    // The first has used up this turn.
    expect(log).toEqual(['a']);
    for (let turnsLeft = 20; log.length < 9 && turnsLeft > 0; turnsLeft -= 1) {
      const before = log.length;
      await turn();
      expect(log.length - before).toBeLessThanOrEqual(1);
    }
    expect(log).toEqual(['a', 'a', 'b', 'c', 'a', 'b', 'c', 'b', 'c']);
  });

  it('does all in one turn where that takes no time', async () => {
    const log: string[] = [];
    const turns = new TurnScheduler(1000);
    for (const name of ['a', 'b']) turns.wait(new Worker(name, turns, log, 2, 0));
    await turn();
    expect(log).toEqual(['a', 'a', 'b', 'b']);
  });
});
