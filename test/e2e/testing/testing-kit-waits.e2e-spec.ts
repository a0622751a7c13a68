import { Body, Controller } from '@nestjs/common';
import { CloseWebSocket, WebSocket, WebSocketConnection } from 'nestjs-revali-ws';
import {
  ConnectionClosedException,
  connect,
  DeadlineExceededException,
  UnexpectedMessageException,
  type Message,
  type TestWebSocket,
} from 'nestjs-revali-ws/testing';
import { unhandled } from '../../support/faults/leaks.js';
import { closeOpenedApps, openApp, withoutPort } from '../../support/apps/testing-kit-app.js';
import { OwnTime } from '../../support/own-time.js';

@Controller()
class WaitsController {
  @WebSocket('echo')
  echo(@Body() message: string): string {
    return message;
  }

  @WebSocket('silent')
  silent(): void {}

  @WebSocket('bytes')
  bytes(): Buffer {
    return Buffer.alloc(20, 1);
  }

  @WebSocket('end')
  end(@Body() reason: string, closer: CloseWebSocket): string {
    closer.close(4001, reason);
    return 'the last words';
  }

  @WebSocket('cut')
  cut(connection: WebSocketConnection): void {
    connection.socket?.terminate();
  }

  @WebSocket('count', { mode: 'sendOnly' })
  *count(): Generator {
    yield 'one';
    yield Buffer.from([2]);
    yield { three: 3 };
  }
}

const failure = async (wait: Promise<unknown>): Promise<unknown> => {
  try {
    return await wait;
  } catch (error) {
    return error;
  }
};

describe.each(withoutPort)('a wait on $label', (reach) => {
  const open = async (path: string): Promise<TestWebSocket> =>
    connect(await openApp(reach, { controllers: [WaitsController] }), path);
  afterEach(closeOpenedApps);

  it('for a message that does not come fails at its deadline', async () => {
    const socket = await open('/silent');
    socket.timeout = 50;
    const begin = performance.now();
    const failed = await failure(socket.next());
    expect(failed).toBeInstanceOf(DeadlineExceededException);
    expect(failed).toMatchObject({
      message: '/silent: waited 50 ms for a message. Arrived instead: nothing.',
    });
    expect(performance.now() - begin).toBeGreaterThan(45);
  });

  it('for a further message says which one came before', async () => {
    const socket = await open('/echo');
    socket.send('first');
    await socket.next();
    socket.timeout = 50;
    await expect(socket.json()).rejects.toThrow(
      '/echo: waited 50 ms for a JSON message. Arrived instead: nothing, after the message "first".',
    );
  });

  it('for the close says which messages came instead', async () => {
    const socket = await open('/echo');
    for (const text of ['one', 'two', 'x'.repeat(200)]) socket.send(text);
    await socket.ping();
    socket.timeout = 500;
    await expect(socket.closed).rejects.toThrow(
      `/echo: waited 500 ms for the close. Arrived instead: 3 messages, "one", "two", "${'x'.repeat(100)}…".`,
    );
  });

  it('for the close shows no more than five messages, and bytes as such', async () => {
    const socket = await open('/bytes');
    for (let sent = 0; sent < 6; sent += 1) socket.send('');
    await socket.ping();
    socket.timeout = 500;
    const shown = `20 bytes <${'01'.repeat(16)}…>`;
    await expect(socket.closed).rejects.toThrow(
      `Arrived instead: 6 messages, ${Array(5).fill(shown).join(', ')}, ….`,
    );
  });

  it('for the close that a paused client cannot see says so', async () => {
    const socket = await open('/silent');
    socket.timeout = 50;
    socket.pause();
    await expect(socket.closed).rejects.toThrow(
      'Arrived instead: data that this paused client does not read.',
    );
    socket.resume();
  });

  it('that has failed does not swallow the message that comes later', async () => {
    const socket = await open('/echo');
    socket.timeout = 50;
    await expect(socket.next()).rejects.toThrow(DeadlineExceededException);
    socket.timeout = 2000;
    socket.send('late');
    expect(await socket.next()).toBe('late');
  });

  it('fails at once when the connection closes meanwhile', async () => {
    const socket = await open('/end');
    const waits = [socket.next(), socket.next(), socket.ping()];
    socket.send('enough');
    expect(await waits[0]).toBe('the last words');
    const failed = await failure(waits[1] ?? Promise.resolve());
    expect(failed).toBeInstanceOf(ConnectionClosedException);
    expect(failed).toMatchObject({
      code: 4001,
      reason: 'enough',
      message:
        '/end: waited for a message. Arrived instead: the close 4001 "enough", after the message "the last words".',
    });
  });

  it('after the close fails at once, and what had come can still be taken', async () => {
    const socket = await open('/end');
    socket.send('enough');
    expect(await socket.closed).toEqual({ code: 4001, reason: 'enough' });
    expect(await socket.next()).toBe('the last words');
    const begin = new OwnTime();
    await expect(socket.next()).rejects.toThrow('the close 4001 "enough"');
    await expect(socket.ping()).rejects.toThrow('/end: waited for a pong. Arrived instead');
    expect(begin.end()).toBeLessThan(1000);
    expect(await socket.closed).toEqual({ code: 4001, reason: 'enough' });
    expect(() => socket.send('more')).toThrow(ConnectionClosedException);
  });

  it('for a pong is answered with its payload', async () => {
    const socket = await open('/silent');
    expect(await socket.ping()).toEqual(Buffer.alloc(0));
    expect(await Promise.all([socket.ping('a'), socket.ping(Buffer.from('b'))])).toEqual([
      Buffer.from('a'),
      Buffer.from('b'),
    ]);
  });

  it.each([
    ['json', '/echo', 'not JSON', 'a JSON message', 'the message "not JSON"'],
    ['json', '/bytes', '', 'a JSON message', `the message 20 bytes <${'01'.repeat(16)}…>`],
    ['text', '/bytes', '', 'a text message', `the message 20 bytes <${'01'.repeat(16)}…>`],
    ['binary', '/echo', 'a text', 'a binary message', 'the message "a text"'],
  ] as const)('for %s() on %s does not take %j for it', async (wait, path, sent, what, instead) => {
    const socket = await open(path);
    socket.send(sent);
    const failed = await failure(socket[wait]());
    expect(failed).toBeInstanceOf(UnexpectedMessageException);
    expect(failed).toMatchObject({
      message: `${path}: waited for ${what}. Arrived instead: ${instead}.`,
    });
  });

  it('by iteration gives all messages and ends with the connection', async () => {
    const socket = await open('/count');
    const seen: Message[] = [];
    for await (const message of socket) seen.push(message);
    expect(seen).toEqual(['one', Buffer.from([2]), '{"three":3}']);
    expect(await socket.closed).toEqual({ code: 1000, reason: 'Normal closure' });
    for await (const message of socket) seen.push(message);
    expect(seen).toHaveLength(3);
  });

  it('by iteration ends too when the connection is cut', async () => {
    const socket = await open('/cut');
    socket.send('now');
    const seen: Message[] = [];
    for await (const message of socket) seen.push(message);
    expect(seen).toEqual([]);
    expect(await socket.closed).toEqual({ code: 1006, reason: '' });
    await expect(socket.next()).rejects.toThrow(
      'Arrived instead: the end of the connection without a close frame (1006).',
    );
  });

  it('by iteration has a deadline for each message, and may be left', async () => {
    const socket = await open('/echo');
    socket.send('one');
    socket.send('two');
    for await (const message of socket) if (message === 'one') break;
    expect(await socket.next()).toBe('two');
    socket.timeout = 50;
    await expect(socket[Symbol.asyncIterator]().next()).rejects.toThrow(DeadlineExceededException);
    expect(socket.isOpen).toBe(true);
  });

  it('that nobody looks at is no unhandled rejection', async () => {
    const recorder = unhandled();
    const socket = await open('/silent');
    for (let sent = 0; sent < 50; sent += 1) socket.send(Buffer.alloc(100_000));
    socket.timeout = 20;
    void socket.next();
    void socket.text();
    void socket.json();
    void socket.closed;
    void socket.ping('never answered in time, if at all');
    void connect({ getHttpServer: () => undefined }, '/silent');
    await socket.terminate();
    await expect(socket.next()).rejects.toThrow(ConnectionClosedException);
    void socket.drain();
    expect(await recorder.release()).toEqual([]);
  });
});
