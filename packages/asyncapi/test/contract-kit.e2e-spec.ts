import { Body, Controller, type INestApplication } from '@nestjs/common';
import {
  Closes,
  OnConnect,
  OnMessage,
  Receives,
  Sends,
  WebSocket,
  WebSocketConnection,
  WebSocketController,
} from 'nestjs-revali-ws';
import { documentContract } from 'nestjs-revali-ws-asyncapi';
import {
  connect,
  message,
  type ConnectOptions,
  type TestWebSocket,
} from 'nestjs-revali-ws/testing';
import { closeAllApps, documentOf, startApp } from './support.js';

const POINT = {
  title: 'Point',
  type: 'object',
  required: ['at'],
  properties: {
    at: { type: 'object', required: ['x'], properties: { x: { type: 'integer' } } },
  },
};

@Controller('points')
class PointController {
  @WebSocket('checked')
  @Receives(POINT)
  @Sends(POINT)
  @Closes({ 4001: 'Enough' })
  checked(@Body() point: unknown, connection: WebSocketConnection): unknown {
    const x: unknown = Reflect.get(Object(Reflect.get(Object(point), 'at')), 'x');
    if (x === 1) return { at: { x: 'one' } };
    if (x === 2) connection.close(4001, 'Enough');
    if (x === 3) connection.close(4002, 'Too much');
    return point;
  }

  @WebSocket('open')
  open(@Body() point: unknown): unknown {
    return point;
  }

  @WebSocket('bytes', { format: 'binary' })
  bytes(@Body() bytes: Buffer): Buffer {
    return bytes;
  }
}

@WebSocketController('sums')
class SumController {
  @OnConnect()
  @Sends({ schema: { type: 'object', required: ['hello'] }, name: 'Hello' })
  hello(): object {
    return { hello: true };
  }

  @OnMessage('add')
  @Sends({ schema: { type: 'integer' }, name: 'Sum' })
  add(@Body('numbers') numbers: number[]): unknown {
    if (numbers.length === 0) throw new Error('Nothing');
    return numbers.length > 2 ? 'many' : numbers.length;
  }
}

describe('connect() with a contract', () => {
  let app: INestApplication;
  beforeEach(async () => {
    ({ app } = await startApp({ controllers: [PointController, SumController] }));
  });
  afterEach(closeAllApps);

  const open = (path: string, options: ConnectOptions = {}): Promise<TestWebSocket> =>
    connect(app, path, { contract: true, ...options });
  const broken = { name: 'ContractViolationException' };

  it('names the kinds that were allowed, the place in the JSON and the route', async () => {
    const socket = await open('/points/checked');
    socket.send({ at: { x: 1 } });
    await expect(socket.next()).rejects.toMatchObject(broken);
    await expect(socket.next()).rejects.toThrow(
      /The server sent "\{\\"at\\":\{\\"x\\":\\"one\\"\}\}", which channel "PointController_checked" \(\/points\/checked\) does not name:\n {2}Point: at \/at\/x: .*integer/,
    );
  });

  it('fails every wait from then on, and the close', async () => {
    const socket = await open('/points/checked');
    socket.send({ at: { x: 7 } });
    socket.send({ at: { x: 1 } });
    await expect(socket.closed).rejects.toMatchObject(broken);
    await expect(socket.ping()).rejects.toMatchObject(broken);
    await expect(socket.drain()).rejects.toMatchObject(broken);
    await expect(socket.json()).rejects.toMatchObject(broken);
    await expect(socket.close()).rejects.toMatchObject(broken);
    await expect(socket.terminate()).rejects.toMatchObject(broken);
    await expect(socket[Symbol.asyncDispose]()).rejects.toMatchObject(broken);
  });

  it('sends nothing that the document does not name', async () => {
    const socket = await open('/points/checked');
    expect(() => socket.send({ at: {} })).toThrow(/The client sent .*\n {2}Point: at \/at: .*"x"/);
    expect(() => socket.send('no JSON')).toThrow(/Point: is JSON, and this is another text/);
    expect(() => socket.send(Buffer.from('{}'))).toThrow(/this is a binary message/);
    socket.send({ at: { x: 7 } });
    expect(await socket.json()).toEqual({ at: { x: 7 } });
    expect(await socket.close()).toEqual({ code: 1000, reason: '' });
  });

  it('knows the close codes of the document, and no others', async () => {
    const named = await open('/points/checked');
    named.send({ at: { x: 2 } });
    expect(await named.closed).toEqual({ code: 4001, reason: 'Enough' });
    const other = await open('/points/checked');
    other.send({ at: { x: 3 } });
    await expect(other.closed).rejects.toThrow(
      /closed with 4002 "Too much", which .* does not name\. Close codes that it names: 4001/,
    );
  });

  it('lets the test itself end the connection as it likes', async () => {
    expect(await (await open('/points/checked')).close(4999, 'Bye')).toMatchObject({ code: 4999 });
    expect(await (await open('/points/checked')).terminate()).toMatchObject({ code: 1006 });
  });

  it('accepts anything where the messages are unknown, and bytes where they are bytes', async () => {
    const socket = await open('/points/open');
    socket.send('anything');
    expect(await socket.text()).toBe('anything');
    const bytes = await open('/points/bytes');
    bytes.send(Buffer.from([1, 2]));
    expect(await bytes.binary()).toEqual(Buffer.from([1, 2]));
    expect(() => bytes.send('text')).toThrow(/is binary, and this is a text message/);
  });

  it('reads behind the headers of calls', async () => {
    const socket = await open('/sums', { protocols: 'revali.v1' });
    await socket.json();
    expect(await socket.call(message('add', { numbers: [1] }))).toBe(1);
    await expect(socket.call(message('subtract'))).rejects.toMatchObject(broken);
    await expect(socket.call(message('add', { numbers: [] }))).rejects.toMatchObject({
      name: 'CallFailedException',
    });
    await expect(socket.call(message('add', { numbers: [1, 2, 3] }))).rejects.toThrow(
      /Sum: is JSON/,
    );
    await expect(socket.close()).rejects.toMatchObject(broken);
  });

  it('checks nothing unless it is asked to', async () => {
    const socket = await connect(app, '/points/checked');
    socket.send({ at: { x: 1 } });
    expect(await socket.json()).toEqual({ at: { x: 'one' } });
  });
});

describe('documentContract()', () => {
  afterEach(closeAllApps);

  it('finds the channel of a path, that without parameters first', async () => {
    @Controller('rooms')
    class RoomController {
      @WebSocket(':room')
      any(): void {}

      @WebSocket('lobby')
      lobby(): void {}

      @WebSocket('files/*rest')
      files(): void {}

      @WebSocket(':room/:part')
      part(): void {}

      @WebSocket(':room/*rest')
      rest(): void {}
    }
    const contract = documentContract(await documentOf(RoomController));
    const ids = (path: string): string[] => contract.channelsOf(path).map(({ id }) => id);
    expect(ids('/rooms/blue')).toEqual(['RoomController_any']);
    expect(ids('/rooms/lobby')).toEqual(['RoomController_lobby']);
    expect(ids('/rooms/files/a/b')).toContain('RoomController_files');
    expect(ids('/rooms/a/b')).toEqual(['RoomController_part']);
    expect(ids('/rooms/a/b/c')).toEqual(['RoomController_rest']);
    expect(ids('/other')).toEqual([]);
  });
});
