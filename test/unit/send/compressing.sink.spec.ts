import { CompressingSink } from '../../../lib/send/compressing.sink.js';
import { FramedMessage } from '../../../lib/send/framed.message.js';
import type { Payload } from '../../../lib/send/payload.js';

interface Given {
  readonly data: Payload;
  readonly isBinary: boolean;
  /** Called when `ws` has sent it. */
  readonly onSent: () => void;
}

/** As many messages as `ws` is given at once. */
const WINDOW = 4;
const MESSAGE_COST = 512;

function setUp() {
  const given: Given[] = [];
  const shared: Buffer[] = [];
  const socket = {
    bufferedAmount: 0,
    awaitStream: () => undefined,
    sendByWs: (data: Payload, { binary }: { binary: boolean }, onSent: () => void) =>
      void given.push({ data, isBinary: binary, onSent }),
    onUnsent: () => undefined,
    onTaken: () => undefined,
    onFault: (error: unknown) => {
      throw error;
    },
  };
  const counter = { sent: 0, sentBytes: 0 };
  const sink = new CompressingSink(socket, undefined, counter, (bytes) => shared.push(bytes));
  return { sink, given, shared, counter };
}

const prepared = (payload: Payload): FramedMessage<unknown> => new FramedMessage(payload, 'auto');
const textsOf = (given: readonly Given[]): string[] => given.map(({ data }) => data.toString());

describe('CompressingSink', () => {
  it('shares what was prepared, as the very object for each connection', () => {
    const [one, other] = [setUp(), setUp()];
    const message = prepared('to many');
    one.sink.writeFrame(message);
    other.sink.writeFrame(message);
    const [bytes] = one.shared;
    expect(bytes?.toString()).toBe('to many');
    for (const { given, shared } of [one, other]) {
      expect(shared[0]).toBe(bytes);
      expect(given[0]?.data).toBe(bytes);
      expect(given[0]?.isBinary).toBe(false);
    }
  });

  it('shares it also where it has to wait', () => {
    const { sink, given, shared } = setUp();
    for (let count = 0; count < WINDOW; count += 1) sink.writeFrame('own');
    const message = prepared(Buffer.from('to many'));
    sink.writeFrame(message);
    given[0]?.onSent();
    expect(shared[0]).toBe(message.payload);
    expect(given[WINDOW]).toMatchObject({ data: message.payload, isBinary: true });
  });

  it('shares nothing else', () => {
    const { sink, shared } = setUp();
    sink.writeFrame('own');
    sink.writeFrame(Buffer.from('own'));
    expect(shared).toEqual([]);
  });

  it('keeps the order of what is shared and what is not', () => {
    const { sink, given } = setUp();
    const texts = Array.from({ length: 12 }, (_, index) => `${index}`);
    for (const [index, text] of texts.entries())
      sink.writeFrame(index % 2 === 0 ? prepared(text) : text);
    for (let sent = 0; sent < 3; sent += 1) given[sent]?.onSent();
    expect(textsOf(given)).toEqual(texts.slice(0, WINDOW + 3));
    sink.flushAll();
    expect(textsOf(given)).toEqual(texts);
  });

  it('counts a shared message for as long as it waits', () => {
    const { sink, given, counter } = setUp();
    const message = prepared(Buffer.alloc(1_000));
    for (let count = 0; count < WINDOW + 2; count += 1) sink.writeFrame(message);
    expect(sink.bufferedAmount).toBe(WINDOW * MESSAGE_COST + 2 * (1_000 + MESSAGE_COST));
    for (const { onSent } of given) onSent();
    expect(sink.bufferedAmount).toBe(0);
    expect(counter).toEqual({ sent: WINDOW + 2, sentBytes: (WINDOW + 2) * 1_004 });
  });

  it('gives up what waits, and nothing that ws has', () => {
    const { sink, given } = setUp();
    for (let count = 0; count < WINDOW + 2; count += 1) sink.writeFrame(prepared(`${count}`));
    sink.drop();
    for (const { onSent } of given.slice()) onSent();
    expect(given).toHaveLength(WINDOW);
    expect(sink.bufferedAmount).toBe(0);
  });
});
