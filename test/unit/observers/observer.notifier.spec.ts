import { jest } from '@jest/globals';
import { ExecutionContextHost } from '@nestjs/core/helpers/execution-context-host.js';
import {
  observerContext,
  ObserverNotifier,
  type ObserverSource,
} from '../../../lib/observers/observer.notifier.js';
import { fakeConnection } from '../../../lib/testing/index.js';
import type {
  ConnectionOutcome,
  WebSocketObserver,
} from '../../../lib/observers/web-socket.observer.js';

const connection = fakeConnection({ id: '1', request: { url: '/room' } });
const context = observerContext(new ExecutionContextHost(['request']), connection);
const outcome: ConnectionOutcome = {
  kind: 'closed',
  code: 1000,
  initiator: 'client',
  durationMs: 1,
  received: 0,
  sent: 0,
};

function recorder(name: string, calls: string[]): WebSocketObserver {
  return {
    onOpen: () => void calls.push(`${name} open`),
    onClose: () => void calls.push(`${name} close`),
  };
}

function notify(sources: readonly ObserverSource[]): {
  notifier: ObserverNotifier;
  errors: unknown[];
} {
  const errors: unknown[] = [];
  const notifier = new ObserverNotifier((error) => errors.push(error));
  notifier.open(context, sources);
  return { notifier, errors };
}

describe('ObserverNotifier', () => {
  it('tells observers that are there at once, in order', () => {
    const calls: string[] = [];
    const { notifier } = notify([recorder('a', calls), recorder('b', calls)]);
    expect(calls).toEqual(['a open', 'b open']);
    void notifier.close(outcome);
    expect(calls).toEqual(['a open', 'b open', 'a close', 'b close']);
  });

  it('tells one that is still being made when it is there, of the open before the close', async () => {
    const calls: string[] = [];
    const { notifier } = notify([Promise.resolve(recorder('late', calls))]);
    expect(calls).toEqual([]);
    await notifier.close(outcome);
    expect(calls).toEqual(['late open', 'late close']);
  });

  it('hands over the context with the connection, and the outcome', async () => {
    const onOpen = jest.fn<NonNullable<WebSocketObserver['onOpen']>>();
    const onClose = jest.fn<NonNullable<WebSocketObserver['onClose']>>();
    const { notifier } = notify([{ onOpen, onClose }]);
    await notifier.close(outcome);
    expect(onOpen).toHaveBeenCalledWith(context);
    expect(onClose).toHaveBeenCalledWith(context, outcome);
    expect(context.connection).toBe(connection);
    expect(context.getArgs()).toEqual(['request']);
  });

  it('tells of one end only', async () => {
    const calls: string[] = [];
    const { notifier } = notify([recorder('a', calls)]);
    await notifier.close(outcome);
    await notifier.close(outcome);
    expect(calls).toEqual(['a open', 'a close']);
  });

  it('does without a hook that an observer does not have', async () => {
    const { notifier, errors } = notify([{}]);
    await notifier.close(outcome);
    expect(errors).toEqual([]);
  });

  it('passes on what observers throw, and tells the others all the same', async () => {
    const calls: string[] = [];
    const thrown = new Error('thrown');
    const rejected = new Error('rejected');
    const fail = (): never => {
      throw thrown;
    };
    const reject = (): Promise<void> => Promise.reject(rejected);
    const { notifier, errors } = notify([
      { onOpen: fail, onClose: fail },
      { onOpen: reject, onClose: reject },
      recorder('last', calls),
    ]);
    await notifier.close(outcome);
    expect(calls).toEqual(['last open', 'last close']);
    expect(errors).toEqual([thrown, thrown, rejected, rejected]);
  });

  it('passes on that an observer could not be made', async () => {
    const broken = new Error('no such dependency');
    const { notifier, errors } = notify([Promise.reject(broken)]);
    await notifier.close(outcome);
    expect(errors).toEqual([broken, broken]);
  });

  it('settles the close when the last observer is done', async () => {
    let finish = (): void => undefined;
    const pending = new Promise<void>((resolve) => (finish = resolve));
    const { notifier } = notify([{ onClose: () => pending }]);
    let isDone = false;
    const closed = notifier.close(outcome).then(() => (isDone = true));
    await Promise.resolve();
    expect(isDone).toBe(false);
    finish();
    await closed;
    expect(isDone).toBe(true);
  });
});
