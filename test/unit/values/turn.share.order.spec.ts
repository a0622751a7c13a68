import { TurnShare } from '../../../lib/values/turn.share.js';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** As the dispatcher asks. */
function come(turns: TurnShare, begun: number[], number: number): void {
  if (turns.tryTake()) begun.push(number);
  else turns.add(() => begun.push(number));
}

const numbers = (count: number): number[] => Array.from({ length: count }, (_, number) => number);

describe('the share of a turn, in order', () => {
  it('begin sixteen at once, and no more before the next turn', async () => {
    const [turns, begun]: [TurnShare, number[]] = [new TurnShare(16), []];
    for (const number of numbers(50)) come(turns, begun, number);
    expect(begun).toEqual(numbers(16));
    for (let turnsLeft = 10; turnsLeft > 0; turnsLeft -= 1) {
      const before = begun.length;
      await turn();
      expect(begun.length - before).toBeLessThanOrEqual(16);
    }
    expect(begun).toEqual(numbers(50));
  });

  it('let no later one overtake those that are due', async () => {
    const [turns, begun]: [TurnShare, number[]] = [new TurnShare(16), []];
    for (const number of numbers(22)) come(turns, begun, number);
    for (let late = 22; late < 40; late += 1) {
      await Promise.resolve();
      come(turns, begun, late);
      if (late % 3 === 0) await turn();
    }
    for (let turnsLeft = 10; turnsLeft > 0; turnsLeft -= 1) await turn();
    expect(begun).toEqual(numbers(40));
  });

  it('hurry for all that wait, those that are due included', async () => {
    const [turns, begun]: [TurnShare, number[]] = [new TurnShare(16), []];
    for (const number of numbers(60)) come(turns, begun, number);
    await turn();
    turns.hurry();
    expect(begun).toEqual(numbers(60));
    for (let turnsLeft = 5; turnsLeft > 0; turnsLeft -= 1) await turn();
    come(turns, begun, 60);
    expect(begun).toEqual(numbers(61));
  });
});
