import {
  type AsyncWebSocketSender,
  type CloseWebSocket,
  InvalidCloseCodeException,
  WebSocketConnection,
} from 'nestjs-revali-ws';
import { FakeWebSocketConnection, fakeConnection } from 'nestjs-revali-ws/testing';

interface Session {
  readonly user: string;
  warnings: number;
}

/** As an application writes its handlers. */
async function warn(
  connection: WebSocketConnection<Session>,
  sender: AsyncWebSocketSender,
  closer: CloseWebSocket,
): Promise<void> {
  connection.data.warnings += 1;
  await sender.send({ warned: connection.data.user });
  if (connection.data.warnings > 2) closer.close(1008, 'Warned often enough');
}

describe('fakeConnection()', () => {
  it('is an open connection of nobody in particular', () => {
    const connection = fakeConnection();
    expect(connection).toBeInstanceOf(WebSocketConnection);
    expect(connection).toBeInstanceOf(FakeWebSocketConnection);
    expect(connection).toMatchObject({ id: 'fake', protocol: '', params: {}, data: {}, sent: [] });
    expect(connection.isOpen).toBe(true);
    expect(connection.bufferedAmount).toBe(0);
    expect(connection.socket).toBeUndefined();
    expect(connection.signal.aborted).toBe(false);
  });

  it('is what it is told to be', () => {
    const connection = fakeConnection({
      id: '7',
      protocol: 'v2',
      params: { room: 'blue' },
      request: { url: '/rooms/blue', headers: { cookie: 'a=1' }, user: 'Ada' },
    });
    expect(connection).toMatchObject({ id: '7', protocol: 'v2', params: { room: 'blue' } });
    expect(connection.request).toEqual({
      url: '/rooms/blue',
      headers: { cookie: 'a=1' },
      params: { room: 'blue' },
      user: 'Ada',
    });
  });

  it('stands for the connection, the sender and the closer of a handler', async () => {
    const connection = fakeConnection<Session>({ data: { user: 'Ada', warnings: 1 } });
    await warn(connection, connection, connection);
    expect(connection.sent).toEqual([{ warned: 'Ada' }]);
    expect(connection.isOpen).toBe(true);
    await warn(connection, connection, connection);
    expect(connection.closed).toEqual({ code: 1008, reason: 'Warned often enough' });
    expect(connection.data.warnings).toBe(3);
  });

  it('keeps the end of its authentication, and refuses what is no time', () => {
    const connection = fakeConnection();
    expect(connection.expiresAt).toBeUndefined();
    connection.expiresAt = 5_000;
    expect(connection.expiresAt).toEqual(new Date(5_000));
    expect(() => (connection.expiresAt = Number.NaN)).toThrow(
      'connection.expiresAt is NaN, which is not a valid time.',
    );
    expect(connection.expiresAt).toEqual(new Date(5_000));
    connection.expiresAt = undefined;
    expect(connection.expiresAt).toBeUndefined();
    expect(connection.isOpen).toBe(true);
  });

  it('is silent after the close, as the real one', async () => {
    const connection = fakeConnection();
    connection.close();
    await connection.send('too late');
    expect(connection.sent).toEqual([]);
    expect(connection.isOpen).toBe(false);
    expect(connection.signal.aborted).toBe(true);
  });

  it('is closed by the first close, as the real one', () => {
    const connection = fakeConnection();
    connection.close();
    connection.close(4000, 'again');
    expect(connection.closed).toEqual({ code: 1000, reason: 'Closed by the server' });
  });

  it('refuses codes and cuts reasons, as the real one', () => {
    const connection = fakeConnection();
    expect(() => connection.close(1006)).toThrow(InvalidCloseCodeException);
    expect(connection.isOpen).toBe(true);
    connection.close(1000, 'é'.repeat(100));
    expect(connection.closed?.reason).toBe('é'.repeat(61));
  });

  it('runs what onClose() was given once, at the close', () => {
    const connection = fakeConnection();
    const ran: string[] = [];
    connection.onClose(() => ran.push('first'));
    connection.onClose(() => {
      throw new Error('of a clean-up');
    });
    connection.onClose(() => ran.push('last'));
    expect(ran).toEqual([]);
    connection.close();
    connection.close();
    expect(ran).toEqual(['first', 'last']);
    connection.onClose(() => ran.push('late'));
    expect(ran).toEqual(['first', 'last', 'late']);
  });
});
