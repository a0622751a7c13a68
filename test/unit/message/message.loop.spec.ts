import type { Connection } from '../../../lib/connection/connection.js';
import type { Invocation } from '../../../lib/message/invocation.js';
import { TurnScheduler } from '../../../lib/message/turn.scheduler.js';
import { MessageLoop } from '../../../lib/message/message.loop.js';
import { fakeConnection } from '../fake.connection.js';

interface StageLimits {
  concurrency?: number;
  maxQueuedMessages?: number;
  maxQueuedBytes?: number;
  isSync?: boolean;
}

/** A loop whose handler calls end when the test says so. */
class Stage {
  readonly started: string[] = [];
  readonly invocations: Invocation[] = [];
  readonly connection: Connection = fakeConnection();
  readonly loop: MessageLoop;
  private readonly finishers = new Map<string, () => void>();

  constructor(limits: StageLimits = {}) {
    const { concurrency = 1, maxQueuedMessages = 64, isSync = false } = limits;
    const { maxQueuedBytes = 1024 * 1024 } = limits;
    const handler = (invocation: Invocation): Promise<void> | undefined => {
      const name = textOf(invocation) ?? 'open';
      this.started.push(name);
      this.invocations.push(invocation);
      if (isSync) return undefined;
      return new Promise((resolve) => this.finishers.set(name, resolve));
    };
    this.loop = new MessageLoop(
      this.connection,
      { handler, turns: new TurnScheduler(Number.POSITIVE_INFINITY) },
      { concurrency, maxQueuedMessages, maxQueuedBytes },
    );
  }

  get isPaused(): boolean {
    return this.loop.isHeld;
  }

  receive(...names: string[]): void {
    for (const name of names) this.loop.receive(Buffer.from(name), false);
  }

  async finish(name: string): Promise<void> {
    const finish = this.finishers.get(name);
    if (!finish) throw new Error(`${name} is not running`);
    this.finishers.delete(name);
    finish();
    await turn();
  }
}

function textOf({ body }: Invocation): string | undefined {
  const text = body?.read('text');
  return typeof text === 'string' ? text : undefined;
}

async function turn(): Promise<void> {
  await new Promise(setImmediate);
}

const numbers = (count: number): string[] =>
  Array.from({ length: count }, (_item, index) => String(index));

describe('one message at a time', () => {
  it('starts the next when the one before has ended', async () => {
    const stage = new Stage();
    stage.receive('a', 'b', 'c');
    expect(stage.started).toEqual(['a']);
    await stage.finish('a');
    expect(stage.started).toEqual(['a', 'b']);
    await stage.finish('b');
    await stage.finish('c');
    expect(stage.started).toEqual(['a', 'b', 'c']);
  });

  it('runs synchronous handlers as the messages come', () => {
    const stage = new Stage({ isSync: true });
    stage.receive(...numbers(1000));
    expect(stage.started).toEqual(numbers(1000));
    expect(stage.isPaused).toBe(false);
  });

  it('gives each call a body of its own', async () => {
    const stage = new Stage();
    stage.receive('a', 'b');
    await stage.finish('a');
    expect(stage.invocations.map(textOf)).toEqual(['a', 'b']);
  });
});

describe('several at a time', () => {
  it('starts as many as allowed, in order, and the next when any ends', async () => {
    const stage = new Stage({ concurrency: 2 });
    stage.receive('a', 'b', 'c', 'd');
    expect(stage.started).toEqual(['a', 'b']);
    await stage.finish('b');
    expect(stage.started).toEqual(['a', 'b', 'c']);
    await stage.finish('a');
    await stage.finish('c');
    expect(stage.started).toEqual(['a', 'b', 'c', 'd']);
  });

  it('is idle when the last has ended', async () => {
    const stage = new Stage({ concurrency: 3 });
    stage.receive('a', 'b');
    let isIdle = false;
    void stage.loop.idle().then(() => (isIdle = true));
    await stage.finish('a');
    expect(isIdle).toBe(false);
    await stage.finish('b');
    expect(isIdle).toBe(true);
  });
});

describe('the queue', () => {
  it('pauses the socket when it is full, and not before', () => {
    const stage = new Stage({ maxQueuedMessages: 3 });
    stage.receive('running', 'a', 'b');
    expect(stage.isPaused).toBe(false);
    stage.receive('c');
    expect(stage.isPaused).toBe(true);
  });

  it('drops nothing of what one read still delivers after the pause', async () => {
    const stage = new Stage({ maxQueuedMessages: 2 });
    stage.receive(...numbers(10));
    for (const name of numbers(10)) await stage.finish(name);
    expect(stage.started).toEqual(numbers(10));
  });

  it('resumes the socket when half of it has started', async () => {
    const stage = new Stage({ maxQueuedMessages: 4 });
    stage.receive('0', '1', '2', '3', '4');
    await stage.finish('0');
    await stage.finish('1');
    expect(stage.isPaused).toBe(true);
    await stage.finish('2');
    expect(stage.isPaused).toBe(false);
  });

  it('of one message pauses and resumes, too', async () => {
    const stage = new Stage({ maxQueuedMessages: 1 });
    stage.receive('a', 'b');
    expect(stage.isPaused).toBe(true);
    await stage.finish('a');
    expect(stage.isPaused).toBe(false);
  });
});

describe('the bytes of the queue', () => {
  const kilobyte = 'x'.repeat(1024);

  it('pause the socket as well, and resume it', async () => {
    const stage = new Stage({ maxQueuedBytes: 4096 });
    stage.receive('running', `${kilobyte}a`);
    expect(stage.isPaused).toBe(false);
    stage.receive(`${kilobyte}b`);
    expect(stage.isPaused).toBe(true);
    await stage.finish('running');
    expect(stage.isPaused).toBe(false);
  });

  it('count what an empty message costs', () => {
    const stage = new Stage({ maxQueuedBytes: 16 * 1024, maxQueuedMessages: 1000 });
    stage.receive('running', ...Array.from({ length: 100 }, () => ''));
    expect(stage.isPaused).toBe(true);
  });
});

describe('the opening', () => {
  it('is a call without a body, before any message', async () => {
    const stage = new Stage();
    const opening = stage.loop.open();
    stage.receive('a', 'b');
    expect(stage.started).toEqual(['open']);
    expect(stage.invocations[0]?.body).toBeUndefined();
    await stage.finish('open');
    await opening;
    expect(stage.started).toEqual(['open', 'a']);
  });

  it('comes alone, also where several messages may be handled at once', async () => {
    const stage = new Stage({ concurrency: 4 });
    void stage.loop.open();
    stage.receive('a', 'b');
    expect(stage.started).toEqual(['open']);
    await stage.finish('open');
    expect(stage.started).toEqual(['open', 'a', 'b']);
  });

  it('by a synchronous handler is over at once', () => {
    const stage = new Stage({ isSync: true });
    void stage.loop.open();
    stage.receive('a');
    expect(stage.started).toEqual(['open', 'a']);
  });
});

describe('stopping', () => {
  it('drops what has not started and lets what runs end', async () => {
    const stage = new Stage();
    stage.receive('a', 'b');
    stage.loop.stop();
    stage.receive('c');
    const idle = stage.loop.idle();
    await stage.finish('a');
    await idle;
    expect(stage.started).toEqual(['a']);
  });

  it('reads again, so that the close of the peer is seen', () => {
    const stage = new Stage({ maxQueuedMessages: 1 });
    stage.receive('a', 'b');
    stage.loop.stop();
    expect(stage.isPaused).toBe(false);
  });

  it('is idle at once where nothing runs', async () => {
    const stage = new Stage();
    stage.loop.stop();
    await expect(stage.loop.idle()).resolves.toBeUndefined();
  });

  it('cancels the streams of all calls but one', () => {
    const stage = new Stage({ concurrency: 3 });
    stage.receive('a', 'b', 'c');
    const cancelled: number[] = [];
    for (const [index, invocation] of stage.invocations.entries()) {
      invocation.cancel = () => {
        cancelled.push(index);
        return undefined;
      };
    }
    stage.loop.cancelStreams(stage.invocations[1]);
    expect(cancelled).toEqual([0, 2]);
    stage.loop.cancelStreams();
    expect(cancelled).toEqual([0, 2, 0, 1, 2]);
  });

  it('keeps no call that has ended', async () => {
    const stage = new Stage();
    stage.receive('a');
    expect(stage.loop.running.size).toBe(1);
    await stage.finish('a');
    expect(stage.loop.running.size).toBe(0);
  });
});
