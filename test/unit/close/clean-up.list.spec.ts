import { CleanUpList } from '../../../lib/close/clean-up.list.js';

describe('CleanUpList', () => {
  const setUp = (): { list: CleanUpList; calls: string[]; errors: unknown[] } => {
    const errors: unknown[] = [];
    return { list: new CleanUpList((error) => errors.push(error)), calls: [], errors };
  };

  it('runs the callbacks in the order in which they were added, newest last', async () => {
    const { list, calls } = setUp();
    for (const name of ['a', 'b', 'c']) list.add(() => calls.push(name));
    await list.run();
    expect(calls).toEqual(['a', 'b', 'c']);
  });

  it('runs each once, however often it is told', async () => {
    const { list, calls } = setUp();
    list.add(() => calls.push('a'));
    await Promise.all([list.run(), list.run()]);
    await list.run();
    expect(calls).toEqual(['a']);
  });

  it('keeps the others running when one throws or rejects', async () => {
    const { list, calls, errors } = setUp();
    const [thrown, rejected] = [new Error('thrown'), new Error('rejected')];
    list.add(() => {
      throw thrown;
    });
    list.add(() => Promise.reject(rejected));
    list.add(() => calls.push('after'));
    await list.run();
    expect(calls).toEqual(['after']);
    expect(errors).toEqual([thrown, rejected]);
  });

  it('does not let one that never settles keep the next from starting', () => {
    const { list, calls } = setUp();
    list.add(() => new Promise(() => undefined));
    list.add(() => calls.push('after'));
    void list.run();
    expect(calls).toEqual(['after']);
  });

  it('settles when the asynchronous ones have', async () => {
    const { list, calls } = setUp();
    let finish = (): void => undefined;
    list.add(() => new Promise<void>((resolve) => (finish = resolve)));
    const run = list.run().then(() => calls.push('settled'));
    await new Promise(setImmediate);
    expect(calls).toEqual([]);
    finish();
    await run;
    expect(calls).toEqual(['settled']);
  });

  it('runs at once what is added after the end, and its errors are reported as well', async () => {
    const { list, calls, errors } = setUp();
    await list.run();
    list.add(() => calls.push('late'));
    list.add(() => Promise.reject(new Error('late failure')));
    expect(calls).toEqual(['late']);
    await new Promise(setImmediate);
    expect(errors).toEqual([new Error('late failure')]);
  });

  it('runs at once what a callback adds', async () => {
    const { list, calls } = setUp();
    list.add(() => list.add(() => calls.push('inner')));
    await list.run();
    expect(calls).toEqual(['inner']);
  });
});
