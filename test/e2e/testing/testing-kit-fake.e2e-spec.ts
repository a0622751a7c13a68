import { Body, Controller } from '@nestjs/common';
import {
  UnserializableMessageException,
  WebSocket,
  WebSocketConnection,
  type WebSocketObserver,
  type WebSocketObserverContext,
} from 'nestjs-revali-ws';
import { connect, fakeConnection } from 'nestjs-revali-ws/testing';
import { closeOpenedApps, openApp, withoutPort } from '../../support/apps/testing-kit-app.js';

type Attempt = (connection: WebSocketConnection) => unknown;

const cyclic: { self?: object } = {};
cyclic.self = cyclic;

const closing =
  (code?: number, reason?: string): Attempt =>
  (connection) =>
    connection.close(code, reason);

const sending =
  (...values: unknown[]): Attempt =>
  async (connection) => {
    for (const value of values) await connection.send(value);
  };

/** What an application may try with its connection. */
const attempts: Readonly<Record<string, Attempt>> = {
  'close()': closing(),
  'close() with a code of its own': closing(4001, 'Enough'),
  'close() with the last code': closing(4999, 'Enough'),
  'close() with a long reason': closing(1000, 'é'.repeat(100)),
  'close() twice': (connection) => {
    connection.close(4001, 'first');
    connection.close(4002, 'second');
  },
  ...Object.fromEntries(
    [0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 1000.5, Number.NaN, Infinity, -1].map(
      (code) => [`close() with ${code}`, closing(code)] as const,
    ),
  ),
  'close() with a bad code after a good one': (connection) => {
    connection.close(4001, 'first');
    connection.close(1005);
  },
  'send() of a text': sending('text'),
  'send() of nothing': sending(undefined),
  'send() of null': sending(null),
  'send() of bytes': sending(Buffer.from('bytes')),
  'send() of a value': sending({ a: 1, left: undefined }, 7, true, ['x']),
  'send() of a bigint': sending(1n),
  'send() of a circle': sending(cyclic),
  'send() of a function': sending(() => 1),
  'send() of a symbol': sending(Symbol('s')),
  'send() of what cannot say how it is written': sending({
    toJSON: () => {
      throw new Error('not I');
    },
  }),
};

/** The name and text of what the attempt throws, or what it rejects with. */
async function faultOf(attempt: Attempt, connection: WebSocketConnection): Promise<string> {
  try {
    await attempt(connection);
    return 'none';
  } catch (error) {
    return String(error);
  }
}

/** What a client sees of the value. */
function onTheWire(value: unknown): string {
  if (Buffer.isBuffer(value)) return value.toString();
  return typeof value === 'string' ? value : JSON.stringify(value);
}

interface Result {
  readonly fault: string;
  readonly sent: readonly string[];
  readonly closed: object;
}

const STILL_OPEN = { code: 1000, reason: 'Closed by the test' };

async function withFake(attempt: Attempt): Promise<Result> {
  const connection = fakeConnection();
  const fault = await faultOf(attempt, connection);
  connection.close(STILL_OPEN.code, STILL_OPEN.reason);
  return { fault, sent: connection.sent.map(onTheWire), closed: connection.closed ?? {} };
}

describe.each(withoutPort)('a fake connection, beside a real one on $label', (reach) => {
  afterEach(closeOpenedApps);

  async function withReal(attempt: Attempt): Promise<Result> {
    const faults: Promise<string>[] = [];
    @Controller()
    class TryController {
      @WebSocket('try')
      async try(@Body() _message: string, connection: WebSocketConnection): Promise<void> {
        const fault = faultOf(attempt, connection);
        faults.push(fault);
        await fault;
        connection.close(STILL_OPEN.code, STILL_OPEN.reason);
      }
    }
    const app = await openApp(reach, { controllers: [TryController] });
    const socket = await connect(app, '/try');
    socket.send('now');
    const sent: string[] = [];
    for await (const message of socket) sent.push(message.toString());
    const [fault = ''] = await Promise.all(faults);
    return { fault, sent, closed: await socket.closed };
  }

  it.each(Object.entries(attempts))('does what that does: %s', async (_name, attempt) => {
    expect(await withFake(attempt)).toEqual(await withReal(attempt));
  });

  it('before it is open refuses what that refuses', async () => {
    const tries: [name: string, attempt: Attempt][] = [
      ['send', sending('early')],
      ['bad close', closing(1005)],
      ['close', closing(4001, 'Not today')],
      ['second close', closing(4002, 'Nor tomorrow')],
      ['send after it', sending('late')],
    ];
    const real: [string, string, boolean][] = [];
    const observer: WebSocketObserver = {
      async onOpen({ connection }: WebSocketObserverContext) {
        for (const [name, attempt] of tries) {
          const fault = faultOf(attempt, connection);
          real.push([name, await fault, connection.isOpen]);
        }
      },
    };
    @Controller()
    class SilentController {
      @WebSocket('silent', { guards: 'connection' })
      silent(): void {}
    }
    const app = await openApp(reach, {
      controllers: [SilentController],
      forRoot: { observers: [observer] },
      configure: (created) => {
        created.use((_request: unknown, _response: unknown, next: () => void) => {
          setImmediate(next);
        });
      },
    });
    const socket = await connect(app, '/silent');
    const closed = await socket.closed;

    const connection = fakeConnection({ isOpen: false });
    const fake: [string, string, boolean][] = [];
    for (const [name, attempt] of tries) {
      fake.push([name, await faultOf(attempt, connection), connection.isOpen]);
    }
    expect(fake).toEqual(real);
    expect(connection.signal.aborted).toBe(false);
    connection.open();
    expect(connection.closed).toEqual(closed);
    expect(connection.signal.aborted).toBe(true);
    expect(connection.sent).toEqual([]);
  });
});

describe('a fake connection', () => {
  it('is opened by open()', async () => {
    const connection = fakeConnection({ isOpen: false });
    let hasEnded = false;
    connection.onClose(() => (hasEnded = true));
    connection.open();
    expect(connection.isOpen).toBe(true);
    await connection.send('hi');
    expect(connection.sent).toEqual(['hi']);
    expect(hasEnded).toBe(false);
  });

  it('finds headers by their lower-case names, and no parameter that nobody gave', () => {
    const connection = fakeConnection({
      params: { room: 'blue' },
      request: { headers: { Authorization: 'Bearer 1', cookie: 'a=1' } },
    });
    expect(connection.headers).toEqual({ authorization: 'Bearer 1', cookie: 'a=1' });
    expect(connection.request.headers).toBe(connection.headers);
    expect(connection.params['constructor']).toBeUndefined();
    expect({ ...connection.params }).toEqual({ room: 'blue' });
  });

  it('keeps what was prepared as it was given, by whichever fake', async () => {
    const [first, second] = [fakeConnection(), fakeConnection()];
    const bytes = Buffer.from('ab');
    for (const message of [first.prepare({ a: 1 }), first.prepare(bytes)])
      for (const connection of [first, second]) await connection.send(message);
    bytes.fill(0);
    for (const { sent } of [first, second]) expect(sent).toEqual([{ a: 1 }, Buffer.from('ab')]);
    expect(() => first.prepare(1n)).toThrow(UnserializableMessageException);
    expect(first.isOpen).toBe(true);
  });

  it('keeps a copy of bytes, of whatever kind', async () => {
    const connection = fakeConnection();
    const values = [Buffer.from('ab'), new Uint8Array([1, 2]), new Uint16Array([1]).buffer];
    for (const value of values) await connection.send(value);
    expect(connection.sent).toEqual(values);
    for (const [at, value] of values.entries()) expect(connection.sent[at]).not.toBe(value);
  });
});
