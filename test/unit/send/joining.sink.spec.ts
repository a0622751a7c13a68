import { Duplex } from 'node:stream';

import { FlushScheduler } from '../../../lib/send/flush.scheduler.js';
import { JoiningSink } from '../../../lib/send/joining.sink.js';

/** A stream that takes what is written when the test says so. */
class HeldStream extends Duplex {
  readonly written: string[] = [];
  readonly chunks: Buffer[] = [];
  isHeld = false;
  private readonly held: (() => void)[] = [];

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.written.push(chunk.toString('latin1'));
    this.chunks.push(chunk);
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

function setUp(scheduler = new FlushScheduler()): Setting {
  const stream = new HeldStream();
  const socket = {
    readyState: 1,
    OPEN: 1,
    get bufferedAmount() {
      return stream.writableLength;
    },
    send: () => undefined,
    onFault: (error: unknown) => {
      throw error;
    },
  } as const;
  const counter = { sent: 0, sentBytes: 0 };
  const sink = new JoiningSink(socket, { stream, scheduler }, counter);
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

  it('writes nothing twice, in whatever turn it comes', async () => {
    const { stream, sink } = setUp();
    const big = 'x'.repeat(100);
    for (const turns of [['a'], ['b', ''], [], ['c', big, 'd'], ['']]) {
      stream.written.length = 0;
      for (const text of turns) sink.writeFrame(text);
      expect(sink.bufferedAmount > 0).toBe(turns.length > 0);
      await turn();
      expect(stream.written.join('')).toBe(turns.map(frame).join(''));
      expect(sink.bufferedAmount).toBe(0);
    }
  });

  it('keeps the order where a part is flushed out of turn', async () => {
    const { stream, sink } = setUp();
    sink.writeFrame('a');
    sink.flushNow();
    sink.writeFrame('b');
    sink.writeFrame('c');
    sink.flushNow();
    sink.writeFrame('d');
    await turn();
    expect(stream.written).toEqual([frame('a'), frame('b') + frame('c'), frame('d')]);
  });

  it('frames a text for all who get it in a turn once, and keeps it no longer', async () => {
    const scheduler = new FlushScheduler();
    const readers = [setUp(scheduler), setUp(scheduler), setUp(scheduler)];
    for (let round = 0; round < 2; round += 1) {
      for (const { sink } of readers) sink.writeFrame('news');
      await turn();
    }
    const [first, second] = [0, 1].map((round) =>
      readers.map(({ stream }) => stream.chunks[round]),
    );
    expect(new Set(first).size).toBe(1);
    expect(new Set(second).size).toBe(1);
    expect(first?.[0]).not.toBe(second?.[0]);
    for (const { stream } of readers)
      expect(stream.written).toEqual([frame('news'), frame('news')]);
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
