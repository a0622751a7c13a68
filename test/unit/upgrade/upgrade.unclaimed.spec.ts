import { jest } from '@jest/globals';
import { Socket } from 'node:net';
import { UnclaimedUpgrade } from '../../../lib/upgrade/upgrade.unclaimed.js';

const TIMEOUT_MS = 1000;

/** A socket that has sent so many bytes; nothing of it reaches a network. */
class FakeSocket extends Socket {
  sent = 0;

  constructor() {
    super();
    Object.defineProperty(this, 'bytesWritten', { get: () => this.sent });
    Object.defineProperty(this, 'writable', { get: () => !this.destroyed });
  }
}

describe('UnclaimedUpgrade', () => {
  let socket: FakeSocket;
  let answer: jest.Mock<() => void>;
  let onOver: jest.Mock<() => void>;

  beforeEach(() => {
    jest.useFakeTimers();
    socket = new FakeSocket();
    answer = jest.fn();
    onOver = jest.fn();
  });

  afterEach(() => {
    jest.useRealTimers();
    socket.destroy();
  });

  function offer(listener: () => void = () => undefined): UnclaimedUpgrade {
    const upgrade = new UnclaimedUpgrade(socket, TIMEOUT_MS, { answer, onOver });
    upgrade.offer(() => {
      listener();
      return true;
    });
    return upgrade;
  }

  function expectUntouched(): void {
    expect(Object.hasOwn(socket, 'end')).toBe(false);
    expect(Object.hasOwn(socket, 'destroy')).toBe(false);
    expect(socket.listenerCount('close')).toBe(0);
    expect(jest.getTimerCount()).toBe(0);
    expect(onOver).toHaveBeenCalledTimes(1);
  }

  it('is answered when the time is over, once', () => {
    const upgrade = offer();
    jest.advanceTimersByTime(TIMEOUT_MS - 1);
    expect(answer).not.toHaveBeenCalled();
    jest.advanceTimersByTime(1);
    upgrade.expire();
    expect(answer).toHaveBeenCalledTimes(1);
    expectUntouched();
  });

  it('is left to whoever has written at once, with nothing of ours on the socket', () => {
    offer(() => void (socket.sent = 1));
    expectUntouched();
    expect(socket.listenerCount('error')).toBe(0);
    expect(answer).not.toHaveBeenCalled();
  });

  it.each(['data', 'readable', 'end', 'close', 'drain'])(
    'is left to whoever listens for %s',
    (event) => {
      offer(() => void socket.on(event, () => undefined));
      jest.advanceTimersByTime(TIMEOUT_MS);
      expect(answer).not.toHaveBeenCalled();
      socket.removeAllListeners(event);
      expectUntouched();
    },
  );

  it('is not taken by somebody who only keeps errors from ending the process', () => {
    offer(() => void socket.on('error', () => undefined));
    jest.advanceTimersByTime(TIMEOUT_MS);
    expect(answer).toHaveBeenCalledTimes(1);
  });

  it('counts what was written before as nothing', () => {
    socket.sent = 500;
    offer();
    jest.advanceTimersByTime(TIMEOUT_MS);
    expect(answer).toHaveBeenCalledTimes(1);
  });

  it('is answered after all have seen it, where one destroys it at once', () => {
    offer(() => {
      socket.destroy();
      expect(answer).not.toHaveBeenCalled();
    });
    expect(answer).toHaveBeenCalledTimes(1);
    expect(socket.destroyed).toBe(false);
    expectUntouched();
  });

  it('is left to a second one that writes, though the first has destroyed it', () => {
    offer(() => {
      socket.destroy();
      socket.sent = 1;
    });
    expect(answer).not.toHaveBeenCalled();
    expectUntouched();
  });

  it('tells whoever ended it when that is done', () => {
    const onEnd = jest.fn();
    offer(() => void socket.end(onEnd));
    expect(onEnd).not.toHaveBeenCalled();
    socket.emit('finish');
    expect(onEnd).toHaveBeenCalledTimes(1);
  });

  it('is destroyed as before where there is an error', () => {
    offer(() => void socket.destroy(new Error('broken')));
    expect(socket.destroyed).toBe(true);
    expect(answer).not.toHaveBeenCalled();
    // The error comes later: somebody has to listen still.
    expect(socket.listenerCount('error')).toBe(1);
  });

  it('is forgotten when the client has gone', () => {
    offer();
    socket.emit('close');
    expectUntouched();
  });

  it('gives back methods that were replaced before', () => {
    const destroy = jest.fn();
    Object.assign(socket, { destroy });
    offer();
    jest.advanceTimersByTime(TIMEOUT_MS);
    expect(Reflect.get(socket, 'destroy')).toBe(destroy);
    Reflect.deleteProperty(socket, 'destroy');
  });

  it('passes calls on to methods that were replaced since', () => {
    offer();
    const end = socket.end.bind(socket);
    Object.assign(socket, { end });
    socket.sent = 1;
    expect(socket.end()).toBe(socket);
    expect(answer).not.toHaveBeenCalled();
  });

  it('lets an exception of a listener through', () => {
    expect(() =>
      offer(() => {
        throw new Error('theirs');
      }),
    ).toThrow('theirs');
    expect(answer).not.toHaveBeenCalled();
  });
});
