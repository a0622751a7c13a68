import { setImmediate as nextTurn } from 'node:timers/promises';
import { FlushScheduler, type Flushable } from '../../../lib/send/frame.writer.js';

class Sink implements Flushable {
  flushed = 0;
  readonly faults: unknown[] = [];

  constructor(private readonly fault?: Error) {}

  flush(): void {
    if (this.fault) throw this.fault;
    this.flushed += 1;
  }

  onFault(error: unknown): void {
    this.faults.push(error);
  }
}

describe('FlushScheduler', () => {
  it('flushes the others of a turn where one throws, and tells that one', async () => {
    const scheduler = new FlushScheduler();
    const fault = new Error('cannot flush');
    const [before, broken, after] = [new Sink(), new Sink(fault), new Sink()];
    for (const sink of [before, broken, after]) scheduler.add(sink);
    await nextTurn();
    expect([before.flushed, after.flushed]).toEqual([1, 1]);
    expect(broken.faults).toEqual([fault]);
    scheduler.add(after);
    await nextTurn();
    expect(after.flushed).toBe(2);
  });
});
