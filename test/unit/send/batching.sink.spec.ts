import { Duplex } from 'node:stream';

import { FlushScheduler } from '../../../lib/send/frame.writer.js';
import { BatchingSink } from '../../../lib/send/batching.sink.js';
import { Outlet } from '../../../lib/send/outlet.js';

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
  sink: BatchingSink;
  /** How often something of what was left has been taken. */
  taken: () => number;
  faults: unknown[];
}

function setUp(scheduler = new FlushScheduler()): Setting {
  const stream = new HeldStream();
  let taken = 0;
  const faults: unknown[] = [];
  const outlet = new Outlet(stream, {
    onUnsent: () => undefined,
    onTaken: () => (taken += 1),
    onFault: (error) => faults.push(error),
  });
  const socket = {
    readyState: 1,
    OPEN: 1,
    openOutlet: () => (sink.outlet = outlet),
    awaitStream: () => {
      if (stream.writableLength === 0) return;
      sink.outlet = outlet;
      outlet.awaitStream();
    },
    onFault: (error: unknown) => faults.push(error),
  } as const;
  const sink = new BatchingSink(
    socket,
    { stream, scheduler, watch: () => ({ hasMoved: () => true }) },
    { sent: 0, sentBytes: 0 },
  );
  return { stream, sink, taken: () => taken, faults };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const frame = (text: string): string => `\x81${String.fromCodePoint(text.length)}${text}`;

describe('BatchingSink', () => {
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

  it('tells nobody of what is taken at once', async () => {
    const { sink, taken } = setUp();
    sink.writeFrame('a');
    await turn();
    await turn();
    expect([taken(), sink.outlet]).toEqual([0, undefined]);
  });

  it('tells when what was left is taken, and not before', async () => {
    const { stream, sink, taken } = setUp();
    stream.isHeld = true;
    sink.writeFrame('a');
    await turn();
    expect(stream.written).toEqual([frame('a')]);
    expect([taken(), sink.hasUnsent]).toEqual([0, true]);
    stream.isHeld = false;
    stream.accept();
    await turn();
    expect([taken(), sink.hasUnsent]).toEqual([1, false]);
    expect(sink.bufferedAmount).toBe(0);
  });

  it('keeps what comes behind it, and writes it in one piece', async () => {
    const { stream, sink } = setUp();
    stream.isHeld = true;
    for (const text of ['a', 'b', 'c']) {
      sink.writeFrame(text);
      await turn();
    }
    expect(stream.written).toEqual([frame('a')]);
    stream.isHeld = false;
    stream.accept();
    await turn();
    expect(stream.written.join('')).toBe(['a', 'b', 'c'].map(frame).join(''));
    expect(stream.written.filter((text) => text !== '')).toHaveLength(2);
    expect(sink.bufferedAmount).toBe(0);
  });

  it('sends bytes as they were when they were given', async () => {
    const { stream, sink } = setUp();
    const bytes = Buffer.from('old');
    for (const size of [3, 3, 20_000]) {
      sink.writeFrame(Buffer.concat([bytes, Buffer.alloc(size - 3)]));
      sink.writeFrame(bytes);
      bytes.write('new');
      await turn();
      bytes.write('old');
    }
    expect(stream.written.join('')).not.toContain('new');
    expect(stream.written.join('').split('old')).toHaveLength(7);
  });

  it('ends a connection whose flush fails, and no other', async () => {
    const scheduler = new FlushScheduler();
    const [first, second] = [setUp(scheduler), setUp(scheduler)];
    first.stream.write = () => {
      throw new Error('broken');
    };
    for (const { sink } of [first, second]) sink.writeFrame('news');
    await turn();
    expect([first.faults, second.faults]).toEqual([[new Error('broken')], []]);
    expect(second.stream.written).toEqual([frame('news')]);
  });
});
