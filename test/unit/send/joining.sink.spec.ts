import { Duplex } from 'node:stream';

import { FlushScheduler } from '../../../lib/send/flush.scheduler.js';
import { JoiningSink } from '../../../lib/send/joining.sink.js';

/** A stream that takes what is written when the test says so. */
class HeldStream extends Duplex {
  readonly written: string[] = [];
  isHeld = false;
  private readonly held: (() => void)[] = [];

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.written.push(chunk.toString('latin1'));
    if (this.isHeld) this.held.push(done);
    else done();
  }

  accept(): void {
    this.held.shift()?.();
  }
}

interface Setting {
  stream: HeldStream;
  sink: JoiningSink;
  flushes: () => number;
  watch: () => void;
}

function setUp(): Setting {
  const stream = new HeldStream();
  const socket = {
    readyState: 1,
    OPEN: 1,
    get bufferedAmount() {
      return stream.writableLength;
    },
    send: () => undefined,
  } as const;
  const counter = { sent: 0, sentBytes: 0 };
  const sink = new JoiningSink(socket, { stream, scheduler: new FlushScheduler() }, counter);
  let flushes = 0;
  const watch = (): void => sink.watch(() => (flushes += 1));
  return { stream, sink, flushes: () => flushes, watch };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const frame = (text: string): string => `\x81${String.fromCodePoint(text.length)}${text}`;

describe('JoiningSink', () => {
  it('writes the messages of one turn together, at its end', async () => {
    const { stream, sink } = setUp();
    sink.writeFrame('a');
    sink.writeFrame('bc');
    expect(stream.written).toEqual([]);
    await turn();
    expect(stream.written).toEqual([frame('a') + frame('bc')]);
  });

  it('tells nobody when nobody watches', async () => {
    const { sink, flushes, watch } = setUp();
    watch();
    sink.unwatch();
    sink.writeFrame('a');
    await turn();
    await turn();
    expect(flushes()).toBe(0);
  });

  it('tells who watches before the write', async () => {
    const { sink, flushes, watch } = setUp();
    sink.writeFrame('a');
    watch();
    await turn();
    await turn();
    expect(flushes()).toBe(1);
  });

  it('tells who watches only when the write is on its way', async () => {
    const { stream, sink, flushes, watch } = setUp();
    stream.isHeld = true;
    sink.writeFrame('a');
    await turn();
    expect(stream.written).toEqual([frame('a')]);
    watch();
    await turn();
    expect(flushes()).toBe(0);
    stream.isHeld = false;
    stream.accept();
    await turn();
    expect(flushes()).toBe(1);
    expect(sink.bufferedAmount).toBe(0);
  });

  it('tells of each write behind one that the kernel did not take at once', async () => {
    const { stream, sink, flushes, watch } = setUp();
    stream.isHeld = true;
    for (const text of ['a', 'b', 'c']) {
      sink.writeFrame(text);
      await turn();
    }
    watch();
    for (let taken = 1; taken <= 3; taken += 1) {
      stream.accept();
      await turn();
      expect(flushes()).toBe(taken - 1);
    }
  });

  it('tells nothing at once where nothing is buffered', async () => {
    const { stream, flushes, watch } = setUp();
    watch();
    await turn();
    expect(stream.written).toEqual([]);
    expect(flushes()).toBe(0);
  });
});
