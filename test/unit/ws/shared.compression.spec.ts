import { AsyncLocalStorage } from 'node:async_hooks';

import type { OnCompressed } from '../../../lib/ws/deflate.parts.js';
import { shareCompression, type Share } from '../../../lib/ws/shared.compression.js';

import { eventually } from '../../support/deadline.js';
import { collectGarbage } from '../../support/faults/garbage.js';

const ALONE = { server_no_context_takeover: true };

/** What `ws` has for a connection: it compresses when the test says so. */
class FakeDeflate {
  readonly _options: object;
  /** Compressions that are under way. */
  readonly running: OnCompressed[] = [];
  isBroken = false;

  constructor(
    readonly params: object | null = ALONE,
    options: object = {},
  ) {
    this._options = options;
  }

  compress(_data: unknown, _isLast: unknown, onCompressed: OnCompressed): void {
    if (this.isBroken) throw new RangeError('level');
    this.running.push(onCompressed);
  }
}

class FakeSocket {
  readonly _extensions: object;
  readonly faults: unknown[] = [];
  readonly got: (string | undefined)[] = [];
  readonly share: Share | undefined;
  onGot = (): void => undefined;

  constructor(readonly deflate = new FakeDeflate()) {
    this._extensions = { 'permessage-deflate': deflate };
    this.share = shareCompression(this);
  }

  onFault(error: unknown): void {
    this.faults.push(error);
  }

  /** As `ws` asks. */
  ask(data: Buffer, isLast = true): void {
    this.deflate.compress(data, isLast, (_error, compressed) => {
      this.got.push(compressed?.toString());
      this.onGot();
    });
  }

  finish(result: string | Error): void {
    const [onCompressed] = this.deflate.running.splice(0, 1);
    if (typeof result === 'string') onCompressed?.(null, Buffer.from(result));
    else onCompressed?.(result);
  }

  get running(): number {
    return this.deflate.running.length;
  }
}

const sockets = (count: number, make = () => new FakeDeflate()): FakeSocket[] =>
  Array.from({ length: count }, () => new FakeSocket(make()));

/** Of no connection in particular. */
function sharedBytes(): Buffer {
  const bytes = Buffer.from('message');
  new FakeSocket().share?.(bytes);
  return bytes;
}

const gotOf = (all: readonly FakeSocket[]): unknown[] => all.map(({ got }) => got);
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('shared compression', () => {
  it('compresses for the first that asks, and gives all the same bytes', () => {
    const [first, ...others] = sockets(3);
    const bytes = sharedBytes();
    for (const socket of [first, ...others]) socket?.ask(bytes);
    expect([first, ...others].map((socket) => socket?.running)).toEqual([1, 0, 0]);
    first?.finish('short');
    expect(gotOf(others)).toEqual([['short'], ['short']]);
    expect(first?.got).toEqual(['short']);
  });

  it('gives it later to whoever asks later, never before the question returns', async () => {
    const [first, second] = [new FakeSocket(), new FakeSocket()];
    const bytes = sharedBytes();
    first.ask(bytes);
    first.finish('short');
    second.ask(bytes);
    expect(second.got).toEqual([]);
    await turn();
    expect(second.got).toEqual(['short']);
    expect(second.running).toBe(0);
  });

  it('compresses once for each set of parameters', () => {
    const options = { zlibDeflateOptions: { level: 9 } };
    const made = [
      ...sockets(2),
      ...sockets(2, () => new FakeDeflate({ ...ALONE, server_max_window_bits: 9 })),
      ...sockets(2, () => new FakeDeflate(ALONE, options)),
      ...sockets(2, () => new FakeDeflate(ALONE, { zlibDeflateOptions: { level: 9 } })),
    ];
    const bytes = sharedBytes();
    for (const socket of made) socket.ask(bytes);
    // The last two have options of their own each.
    expect(made.map(({ running }) => running)).toEqual([1, 0, 1, 0, 1, 0, 1, 1]);
  });

  it('leaves to ws what is not shared, and fragments', () => {
    const all = sockets(2);
    const bytes = sharedBytes();
    for (const socket of all) socket.ask(Buffer.from('message'));
    for (const socket of all) socket.ask(bytes, false);
    expect(all.map(({ running }) => running)).toEqual([2, 2]);
    for (const socket of all) socket.finish('own');
    expect(gotOf(all)).toEqual([['own'], ['own']]);
  });

  it.each([
    ['messages are compressed with the help of those before', new FakeDeflate({})],
    ['nothing was agreed on', new FakeDeflate(null)],
    ['ws has no options any more', Object.assign(new FakeDeflate(), { _options: undefined })],
    ['ws compresses elsewhere', Object.assign(new FakeDeflate(), { compress: undefined })],
    ['ws has no such extension', undefined],
  ])('stays away where %s', (_name, deflate) => {
    const compress: unknown = deflate?.compress;
    const socket = { _extensions: { 'permessage-deflate': deflate }, onFault: () => undefined };
    expect(shareCompression(socket)).toBeUndefined();
    expect(shareCompression({ onFault: () => undefined })).toBeUndefined();
    expect(deflate?.compress).toBe(compress);
  });

  it('compresses for the next where the connection of the first has ended', () => {
    const all = sockets(4);
    const [first, second, third] = all;
    const bytes = sharedBytes();
    for (const socket of all) socket.ask(bytes);
    first?.finish(new Error('closed'));
    second?.finish(new Error('closed'));
    expect(all.map(({ running }) => running)).toEqual([0, 0, 1, 0]);
    third?.finish('short');
    expect(gotOf(all)).toEqual([[undefined], [undefined], ['short'], ['short']]);
  });

  it('goes on where the options of one cannot be used', () => {
    const [first, second, third] = sockets(3);
    const bytes = sharedBytes();
    for (const socket of [first, second, third]) socket?.ask(bytes);
    if (second) second.deflate.isBroken = true;
    first?.finish(new Error('closed'));
    expect(second?.faults).toEqual([expect.any(RangeError)]);
    third?.finish('short');
    expect(third?.got).toEqual(['short']);
  });

  it('lets the first hear at once that its options cannot be used', () => {
    const [first, second] = [new FakeSocket(), new FakeSocket()];
    const bytes = sharedBytes();
    first.deflate.isBroken = true;
    expect(() => first.ask(bytes)).toThrow(RangeError);
    second.ask(bytes);
    expect(second.running).toBe(1);
  });

  it('makes the one pay that fails, and tells the others', () => {
    const all = sockets(3);
    const bytes = sharedBytes();
    for (const socket of all) socket.ask(bytes);
    const fault = new Error('cannot be sent');
    for (const socket of all.slice(0, 2))
      socket.onGot = () => {
        throw fault;
      };
    all[0]?.finish('short');
    expect(all.map(({ faults }) => faults)).toEqual([[fault], [fault], []]);
    expect(all[2]?.got).toEqual(['short']);
  });

  it('lets the event loop have its turn after 64', async () => {
    const all = sockets(1 + 64 + 10);
    const bytes = sharedBytes();
    for (const socket of all) socket.ask(bytes);
    all[0]?.finish('short');
    const told = (): number => all.filter(({ got }) => got.length > 0).length;
    expect(told()).toBe(1 + 64);
    await turn();
    expect(told()).toBe(all.length);
  });

  it('tells the others in nobody’s asynchronous context', () => {
    const [first, second] = [new FakeSocket(), new FakeSocket()];
    const bytes = sharedBytes();
    first.ask(bytes);
    second.ask(bytes);
    const storage = new AsyncLocalStorage<string>();
    const seen: unknown[] = [];
    second.onGot = () => seen.push(storage.getStore());
    storage.run('of the first', () => first.finish('short'));
    expect([second.got, seen]).toEqual([['short'], [undefined]]);
  });

  it('keeps the compressed bytes for as long as somebody has the message', async () => {
    const [first, second] = [new FakeSocket(), new FakeSocket()];
    const kept: WeakRef<Buffer>[] = [];
    const message: { bytes: Buffer | undefined } = { bytes: sharedBytes() };
    const ask = (): void => {
      if (!message.bytes) return;
      first.ask(message.bytes);
      first.finish('short');
      second.deflate.compress(message.bytes, true, (_error, compressed) => {
        if (compressed) kept.push(new WeakRef(compressed));
      });
    };
    ask();
    await turn();
    collectGarbage();
    expect(kept[0]?.deref()?.toString()).toBe('short');
    message.bytes = undefined;
    await eventually(() => {
      collectGarbage();
      expect(kept[0]?.deref()).toBeUndefined();
    }, 'the bytes to be let go');
  });

  it('keeps no more memory than the compressed bytes', async () => {
    const [first, second] = [new FakeSocket(), new FakeSocket()];
    const bytes = sharedBytes();
    first.ask(bytes);
    let kept: Buffer | undefined;
    first.deflate.running[0]?.(null, Buffer.alloc(16_384).subarray(0, 100));
    second.deflate.compress(bytes, true, (_error, compressed) => (kept = compressed));
    await turn();
    expect(kept?.buffer.byteLength).toBe(100);
  });
});
