import { jest } from '@jest/globals';
import { Socket } from 'node:net';
import { destroyWhereLost } from '../../../lib/upgrade/lost.reset.js';

interface Ports {
  local?: number;
  remote?: number;
}

/** A connection as Node shows it. */
function socketWith(ports: Ports, waiting = { bytes: 0 }): Socket {
  return Object.defineProperties(new Socket(), {
    localPort: { get: () => ports.local },
    remotePort: { get: () => ports.remote },
    writableLength: { get: () => waiting.bytes },
  });
}

describe('A TLS socket that is handed back', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  it('is destroyed where its client has reset the connection', () => {
    const socket = socketWith({ local: 443 });
    destroyWhereLost(socket);
    expect(socket.destroyed).toBe(true);
  });

  it('is destroyed at its end where that was a reset', () => {
    const ports: Ports = { local: 443, remote: 50_000 };
    const socket = socketWith(ports);
    destroyWhereLost(socket);
    expect(socket.destroyed).toBe(false);
    delete ports.remote;
    socket.emit('end');
    expect(socket.destroyed).toBe(true);
  });

  it('is destroyed after its end where nothing of its answer is taken', () => {
    const waiting = { bytes: 1_000 };
    const socket = socketWith({ local: 443, remote: 50_000 }, waiting);
    destroyWhereLost(socket);
    socket.emit('end');
    waiting.bytes = 500;
    jest.advanceTimersByTime(5_000);
    expect(socket.destroyed).toBe(false);
    jest.advanceTimersByTime(5_000);
    expect(socket.destroyed).toBe(true);
  });

  it('is left alone while it is connected, where it has no ports, and where nothing waits', () => {
    for (const ports of [{ local: 443, remote: 50_000 }, {}]) {
      const socket = socketWith(ports);
      destroyWhereLost(socket);
      socket.emit('end');
      jest.advanceTimersByTime(60_000);
      expect(socket.destroyed).toBe(false);
      socket.emit('close');
    }
    expect(jest.getTimerCount()).toBe(0);
  });

  it('is watched once, however often it is handed back', () => {
    const socket = socketWith({ local: 443, remote: 50_000 });
    for (let count = 0; count < 3; count += 1) destroyWhereLost(socket);
    expect(socket.listenerCount('end')).toBe(new Socket().listenerCount('end') + 1);
  });
});
