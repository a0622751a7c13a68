import { once } from 'node:events';
import { Socket } from 'node:net';
import { text } from 'node:stream/consumers';

import { socketPair } from '../../../lib/in-process/in-process.socket.js';

const KIB = 1024;

describe('a pair of sockets in this process', () => {
  it('looks like TCP to both sides', () => {
    const { client, server } = socketPair(false);
    for (const socket of [client, server]) {
      expect(socket).toBeInstanceOf(Socket);
      expect(socket).toMatchObject({
        remoteAddress: '127.0.0.1',
        remoteFamily: 'IPv4',
        localAddress: '127.0.0.1',
        connecting: false,
        pending: false,
        readyState: 'open',
      });
      expect(socket.setNoDelay(true).setKeepAlive(true).ref().unref()).toBe(socket);
      expect(Reflect.get(socket, 'encrypted')).toBeUndefined();
    }
    expect(server.remotePort).toBe(client.localPort);
    expect(client.address()).toEqual({
      address: '127.0.0.1',
      family: 'IPv4',
      port: server.remotePort,
    });
    expect(socketPair(false).client.localPort).not.toBe(client.localPort);
    expect(Reflect.get(socketPair(true).server, 'encrypted')).toBe(true);
  });

  it('carries texts and bytes, in order, and counts them', async () => {
    const { client, server } = socketPair(false);
    client.write('one ');
    client.cork();
    client.write(Buffer.from('two '));
    client.write('7468726565', 'hex');
    client.uncork();
    client.end(' four');
    expect(await text(server)).toBe('one two three four');
    expect(client.bytesWritten).toBe(18);
    expect(server.bytesRead).toBe(18);
  });

  it('hands nothing over before the writer has finished its turn', async () => {
    const { client, server } = socketPair(false);
    const seen: string[] = [];
    server.on('data', (chunk) => seen.push(String(chunk)));
    await new Promise(setImmediate);
    client.write('a');
    expect(seen).toEqual([]);
    await once(server, 'data');
    expect(seen).toEqual(['a']);
  });

  it('copies what is written, so that neither side changes the bytes of the other', async () => {
    const { client, server } = socketPair(false);
    const written = Buffer.from('mine');
    const received = once(server, 'data');
    client.write(written);
    written.write('gone');
    const [chunk] = (await received) as unknown[];
    expect(String(chunk)).toBe('mine');
    if (Buffer.isBuffer(chunk)) chunk.fill(0);
    expect(written.toString()).toBe('gone');
  });

  it('holds the writer back while nobody reads', async () => {
    const { client, server } = socketPair(false);
    for (let written = 0; written < 10; written += 1) client.write(Buffer.alloc(100 * KIB));
    await once(server, 'readable');
    await new Promise(setImmediate);
    expect(server.readableLength).toBe(64 * KIB);
    expect(client.writableLength).toBeGreaterThan(800 * KIB);
    server.resume();
    await once(client, 'drain');
    expect(client.writableLength).toBe(0);
    expect(server.bytesRead).toBe(1000 * KIB);
  });

  it('lets a server answer a client that has ended its side', async () => {
    const { client, server } = socketPair(false);
    server.resume();
    client.resume();
    server.write('hello');
    server.end();
    await Promise.all([once(client, 'close'), once(server, 'close')]);
    expect(client.bytesRead).toBe(5);
  });

  it('ends for the peer of a socket that is destroyed', async () => {
    const { client, server } = socketPair(false);
    server.resume();
    client.write('last words');
    client.destroy();
    await once(server, 'end');
    expect(server.bytesRead).toBe(10);
    const failed = once(server, 'error');
    server.write('are you there?');
    expect(await failed).toMatchObject([{ code: 'EPIPE' }]);
    expect(server.destroyed).toBe(true);
  });

  it('is reset for a peer whose bytes nobody read', async () => {
    const { client, server } = socketPair(false);
    server.write(Buffer.alloc(500 * KIB));
    await once(client, 'readable');
    const failed = once(server, 'error');
    client.destroy();
    expect(await failed).toMatchObject([{ code: 'ECONNRESET' }]);
  });

  it('times out when nothing goes on, and not before', async () => {
    const { client, server } = socketPair(false);
    let heard = performance.now();
    server.on('data', () => (heard = performance.now()));
    // A busy machine may be silent for so long between two turns, too.
    const silences: number[] = [];
    server.on('timeout', () => silences.push(performance.now() - heard));
    server.setTimeout(300);
    for (let turn = 0; turn < 10; turn += 1) {
      client.write('still here');
      await new Promise((resolve) => setTimeout(resolve, 40));
    }
    await once(server, 'timeout');
    for (const silence of silences) expect(silence).toBeGreaterThan(200);
  });
});
