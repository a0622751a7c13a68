import { jest } from '@jest/globals';

import { preparerOf } from '../../../lib/send/message.encoder.js';
import { SendQueue, type SendLimits } from '../../../lib/send/send.queue.js';
import { FakeSink } from './fake.sink.js';

const TIMEOUT = 1000;

interface Setting {
  sink: FakeSink;
  queue: SendQueue;
  slow: () => number;
  send: (text: string) => Promise<void> | undefined;
}

const PLENTY = { messages: 100, bytes: 10_000 };

function setUp(policy: SendLimits['policy'] = 'wait', maxWaiting = PLENTY): Setting {
  const sink = new FakeSink();
  let slow = 0;
  const limits = { highWaterMark: 10, policy, timeout: TIMEOUT, maxWaiting };
  const queue = new SendQueue(sink, limits, () => {
    slow += 1;
  });
  sink.onTaken = () => queue.onTaken();
  return { sink, queue, slow: () => slow, send: (text) => queue.send(() => text) };
}

/** The names of the promises that have settled by now. */
async function settled(promises: Record<string, Promise<void> | undefined>): Promise<string[]> {
  const names: string[] = [];
  for (const [name, promise] of Object.entries(promises)) {
    void promise?.then(() => names.push(name));
  }
  for (let turn = 0; turn < 5; turn += 1) await Promise.resolve();
  return names;
}

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

describe('below the mark', () => {
  it('writes at once, and there is nothing to wait for', () => {
    const { sink, send } = setUp();
    expect(send('a')).toBeUndefined();
    expect(send('b')).toBeUndefined();
    expect(sink.frames).toEqual(['a', 'b']);
  });

  it('throws what the encoder throws, and counts nothing', () => {
    const { queue } = setUp();
    expect(() =>
      queue.send(() => {
        throw new Error('no');
      }),
    ).toThrow('no');
    expect(queue.sent).toBe(0);
  });

  it('needs no timer', () => {
    void setUp().send('a');
    expect(jest.getTimerCount()).toBe(0);
  });
});

describe("above the mark, with the policy 'wait'", () => {
  const full = (): Setting => {
    const setting = setUp();
    void setting.send('x'.repeat(11));
    return setting;
  };

  it('the send that passes the mark is written and waits for the drain', async () => {
    const { sink, send } = setUp();
    const passing = send('x'.repeat(11));
    expect(sink.frames).toHaveLength(1);
    expect(await settled({ passing })).toEqual([]);
    sink.flush();
    expect(await settled({ passing })).toEqual(['passing']);
  });

  it('messages are encoded when they are given, and go out in order', async () => {
    const { sink, queue, send } = full();
    const value = { text: 'a' };
    const later = [queue.send(() => value.text), queue.send(() => 'b')];
    value.text = 'changed';
    expect(sink.frames.slice(1)).toEqual(['a', 'b']);
    expect(await settled({ a: later[0], b: later[1] })).toEqual([]);
    sink.flush();
    expect(await settled({ a: later[0], b: later[1] })).toEqual(['a', 'b']);
    expect(send('c')).toBeUndefined();
    expect(queue.sent).toBe(4);
  });

  it('nobody is told of room that is not there', async () => {
    const { sink, send } = full();
    const second = send('a'.repeat(11));
    sink.flush(11);
    expect(await settled({ second })).toEqual([]);
    sink.flush();
    expect(await settled({ second })).toEqual(['second']);
  });

  it('throws for the sender whose value cannot be encoded, and goes on', () => {
    const { sink, queue, send } = full();
    expect(() =>
      queue.send(() => {
        throw new Error('no');
      }),
    ).toThrow('no');
    void send('next');
    expect(sink.frames.slice(1)).toEqual(['next']);
  });

  it('reports a slow consumer once nothing moved for the timeout', () => {
    const { slow, send } = full();
    void send('a');
    jest.advanceTimersByTime(TIMEOUT - 1);
    expect(slow()).toBe(0);
    jest.advanceTimersByTime(1);
    expect(slow()).toBe(1);
  });

  it('gives a reader that makes progress the whole timeout again', () => {
    const { sink, slow, send } = full();
    for (let text = 0; text < 5; text += 1) void send('x'.repeat(11));
    for (let round = 0; round < 4; round += 1) {
      jest.advanceTimersByTime(TIMEOUT - 1);
      sink.flush();
    }
    expect(slow()).toBe(0);
    sink.flush();
    expect(jest.getTimerCount()).toBe(0);
  });

  it('takes any byte that leaves for progress', () => {
    const { sink, slow, send } = full();
    void send('a');
    sink.bufferedAmount = 1000;
    for (let round = 0; round < 4; round += 1) {
      jest.advanceTimersByTime(TIMEOUT / 2);
      sink.flush(1);
    }
    expect(slow()).toBe(0);
    jest.advanceTimersByTime(1.25 * TIMEOUT);
    expect(slow()).toBe(1);
  });
});

describe('what may wait', () => {
  it.each([
    ['messages', { messages: 3, bytes: 10_000 }],
    ['bytes', { messages: 100, bytes: 4 }],
  ])('is bounded in %s', (_name, maxWaiting) => {
    const { slow, send } = setUp('wait', maxWaiting);
    void send('x'.repeat(11));
    for (const text of ['a', 'b', 'c']) void send(text);
    expect(slow()).toBe(0);
    expect(send('d')).toBeUndefined();
    expect(slow()).toBe(1);
  });

  it('counts anew once there was room', () => {
    const { sink, slow, send } = setUp('wait', { messages: 2, bytes: 10_000 });
    for (let round = 0; round < 3; round += 1) {
      void send('x'.repeat(11));
      for (const text of ['a', 'b']) void send(text);
      sink.flush();
    }
    expect(slow()).toBe(0);
  });

  it('counts anew for broadcasts as well, for which nobody waits', () => {
    const { sink, queue, slow } = setUp('wait', { messages: 2, bytes: 10_000 });
    const prepare = preparerOf('text');
    const offer = (text: string): void => queue.offer(prepare(text));
    for (let round = 0; round < 3; round += 1) {
      for (const text of ['x'.repeat(11), 'a', 'b']) offer(text);
      expect(slow()).toBe(0);
      sink.flush();
    }
    for (const text of ['x'.repeat(11), 'a', 'b', 'c']) offer(text);
    expect(slow()).toBe(1);
  });

  it('does not count results, of which there are no more than calls, nor what is pulled', () => {
    const { sink, queue, slow, send } = setUp('wait', { messages: 0, bytes: 0 });
    void send('x'.repeat(1_000));
    queue.sendResult(String, 'result');
    void queue.sendPulled(String, 'item');
    expect(slow()).toBe(0);
    expect(sink.frames.slice(1)).toEqual(['result', 'item']);
  });
});

describe('below the mark', () => {
  it('notices who takes nothing at all', () => {
    const { queue, slow, send } = setUp();
    void send('a');
    queue.watchForStall();
    jest.advanceTimersByTime(TIMEOUT - 1);
    expect(slow()).toBe(0);
    jest.advanceTimersByTime(1);
    expect(slow()).toBe(1);
  });

  it('stops looking once all is taken', () => {
    const { sink, queue, slow, send } = setUp();
    void send('a');
    queue.watchForStall();
    sink.flush();
    jest.advanceTimersByTime(TIMEOUT);
    expect(slow()).toBe(0);
    expect(jest.getTimerCount()).toBe(0);
  });
});

describe('the other policies', () => {
  it("'drop' drops what comes above the mark, and counts it", () => {
    const { sink, queue, slow, send } = setUp('drop');
    expect(send('x'.repeat(11))).toBeUndefined();
    expect(send('a')).toBeUndefined();
    expect(send('b')).toBeUndefined();
    sink.flush();
    expect(send('c')).toBeUndefined();
    expect(sink.frames.slice(1)).toEqual(['c']);
    expect([queue.sent, queue.dropped, slow()]).toEqual([2, 2, 0]);
  });

  it("'close' reports a slow consumer at once", () => {
    const { sink, slow, send } = setUp('close');
    void send('x'.repeat(11));
    expect(slow()).toBe(0);
    void send('a');
    expect(slow()).toBe(1);
    expect(sink.frames).toHaveLength(1);
  });
});

describe('ready', () => {
  it('is at once below the mark', () => {
    expect(setUp().queue.ready()).toBeUndefined();
  });

  it.each(['wait', 'drop', 'close'] as const)('waits for room with %s', async (policy) => {
    const { sink, queue, send } = setUp(policy);
    void send('x'.repeat(11));
    const ready = queue.ready();
    expect(await settled({ ready })).toEqual([]);
    sink.flush();
    expect(await settled({ ready })).toEqual(['ready']);
    expect(queue.sent).toBe(1);
  });

  it.each(['drop', 'close'] as const)('is no reason to start no call with %s', (policy) => {
    const { queue, send } = setUp(policy);
    void send('x'.repeat(11));
    expect(queue.forCalls()).toBeUndefined();
  });

  it('is a reason to start no call where senders wait', () => {
    const { queue, send } = setUp();
    void send('x'.repeat(11));
    expect(queue.forCalls()).toBeInstanceOf(Promise);
  });
});

describe('empty', () => {
  it('is at once where nothing is under way', async () => {
    expect(await settled({ empty: setUp().queue.empty() })).toEqual(['empty']);
  });

  it('waits for what was written and for what waits', async () => {
    const { sink, queue, send } = setUp();
    void send('x'.repeat(11));
    void send('a');
    const empty = queue.empty();
    sink.flush(11);
    expect(await settled({ empty })).toEqual([]);
    sink.flush();
    expect(await settled({ empty })).toEqual(['empty']);
  });
});

describe('after close', () => {
  it('everybody who waits is let go, what waits is given up, and nothing more is written', async () => {
    const { sink, queue, slow, send } = setUp();
    void send('x'.repeat(11));
    const waiting = { sender: send('a'), ready: queue.ready(), empty: queue.empty() };
    queue.close();
    queue.close();
    expect((await settled(waiting)).toSorted()).toEqual(['empty', 'ready', 'sender']);
    expect(send('b')).toBeUndefined();
    expect(queue.ready()).toBeUndefined();
    expect(await settled({ empty: queue.empty() })).toEqual(['empty']);
    sink.flush();
    jest.advanceTimersByTime(TIMEOUT);
    expect(sink.frames).toHaveLength(2);
    expect(sink.isDropped).toBe(true);
    expect(slow()).toBe(0);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('an encoder is not even asked', () => {
    const { queue } = setUp();
    queue.close();
    const encode = jest.fn(() => 'a');
    void queue.send(encode);
    expect(encode).not.toHaveBeenCalled();
  });
});
