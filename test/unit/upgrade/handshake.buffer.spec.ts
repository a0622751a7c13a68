import { PassThrough } from 'node:stream';
import { HandshakeBuffer } from '../../../lib/upgrade/handshake.buffer.js';
import { MemoryWatch } from '../../support/faults/memory-watch.js';

const COUNT = 60_000;

describe('the bytes that a client sends before it is let in', () => {
  it('cost about as much memory as they are, in however small pieces they come', () => {
    const socket = new PassThrough();
    const buffer = new HandshakeBuffer(socket, Buffer.from('head'), () => undefined);
    const memory = new MemoryWatch();
    memory.sample();
    for (let sent = 0; sent < COUNT; sent += 1) {
      // As sockets read: each piece has memory of its own.
      const piece = Buffer.allocUnsafeSlow(1).fill(sent % 256);
      socket.emit('data', piece);
    }
    memory.sample();
    expect(memory.growth).toBeLessThan(1024 * 1024);
    const bytes = buffer.release();
    expect(bytes.length).toBe(4 + COUNT);
    expect(bytes.subarray(0, 4).toString()).toBe('head');
    expect([bytes[4], bytes[4 + 255], bytes.at(-1)]).toEqual([0, 255, (COUNT - 1) % 256]);
  });
});
