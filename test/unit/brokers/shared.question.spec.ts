import { setImmediate as nextTurn } from 'node:timers/promises';
import { SharedQuestion } from '../../../lib/brokers/shared.question.js';

interface Asked {
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

function start(): { question: SharedQuestion; asked: Asked[] } {
  const asked: Asked[] = [];
  const question = new SharedQuestion(
    () => new Promise((resolve, reject) => asked.push({ resolve, reject })),
  );
  return { question, asked };
}

const nextTick = (): Promise<void> => new Promise((resolve) => process.nextTick(resolve));

const outcomeOf = (answer: Promise<void>): Promise<string> =>
  answer.then(
    () => 'answered',
    (error: unknown) => String(error),
  );

describe('a shared question', () => {
  it('is asked once for all of one callback, after it', async () => {
    const { question, asked } = start();
    const answers = [question.answer(), Promise.resolve().then(() => question.answer())];
    expect(asked).toHaveLength(0);
    await nextTurn();
    expect(asked).toHaveLength(1);
    asked[0]?.resolve();
    expect(await Promise.all(answers.map(outcomeOf))).toEqual(['answered', 'answered']);
  });

  it('is asked once more for all who come later in the turn, whatever the first answer takes', async () => {
    const { question, asked } = start();
    const first = question.answer();
    await nextTick();
    expect(asked).toHaveLength(1);
    const later = [question.answer()];
    await nextTick();
    later.push(question.answer());
    expect(asked).toHaveLength(1);
    await nextTurn();
    expect(asked).toHaveLength(2);
    asked[1]?.resolve();
    expect(await Promise.all(later.map(outcomeOf))).toEqual(['answered', 'answered']);
    asked[0]?.resolve();
    expect(await outcomeOf(first)).toBe('answered');
  });

  it('fails for those alone who share it', async () => {
    const { question, asked } = start();
    const first = question.answer();
    await nextTurn();
    const second = question.answer();
    asked[0]?.reject(new Error('a replica'));
    expect(await outcomeOf(first)).toBe('Error: a replica');
    await nextTurn();
    asked[1]?.resolve();
    expect(await outcomeOf(second)).toBe('answered');
    const third = question.answer();
    await nextTurn();
    asked[2]?.resolve();
    expect(await outcomeOf(third)).toBe('answered');
  });

  it('that throws instead of being asked is a rejection, and can be asked again', async () => {
    let asked = 0;
    const question = new SharedQuestion(() => {
      asked += 1;
      if (asked === 1) throw new Error('no link');
      return Promise.resolve();
    });
    expect(await outcomeOf(question.answer())).toBe('Error: no link');
    expect(await outcomeOf(question.answer())).toBe('answered');
  });
});
