import {
  Body,
  Headers,
  Next,
  Param,
  Query,
  Req,
  Res,
  createParamDecorator,
  type PipeTransform,
} from '@nestjs/common';
import { ApplicationConfig } from '@nestjs/core';
import { ConnectedSocket, MessageBody as WsMessageBody } from '@nestjs/websockets';
import { WebSocket as RawSocket } from 'ws';

import type { Connection as RealConnection } from '../../../lib/connection/connection.js';
import {
  AsyncWebSocketSender,
  CleanUp,
  CloseWebSocket,
  WebSocketConnection,
} from '../../../lib/handles/connection.handles.js';
import { Connection } from '../../../lib/decorators/connection.decorator.js';
import { Invocation } from '../../../lib/message/invocation.js';
import { MessageBody } from '../../../lib/message/message.body.js';
import {
  createArgumentsReader,
  createBodyReader,
  type ArgumentsReader,
} from '../../../lib/message/handler.arguments.js';
import {
  InvalidPayloadException,
  UnsupportedParameterException,
} from '../../../lib/errors/revali-ws.exceptions.js';
import type { MessageFormat } from '../../../lib/options/message.format.js';
import { unhandled } from '../../support/faults/leaks.js';
import { fakeConnection } from '../fake.connection.js';

const suffix = (text: string): PipeTransform => ({
  transform: (value: unknown) => `${String(value)}${text}`,
});
const late = (text: string): PipeTransform => ({
  transform: async (value: unknown) => {
    await new Promise(setImmediate);
    return `${String(value)}${text}`;
  },
});
const failing: PipeTransform = {
  transform: () => {
    throw new Error('sync failure');
  },
};
const failingLate: PipeTransform = {
  transform: () => Promise.reject(new Error('late failure')),
};
const metadataPipe: PipeTransform = {
  transform: (_value: unknown, metadata: unknown) => metadata,
};
const Late = createParamDecorator(async (data: unknown) => {
  await new Promise(setImmediate);
  return data;
});

class Dto {
  readonly name: string = '';
}

/** The parameters only; nobody calls these methods. */
class Handlers {
  nothing(): void {}
  text(@Body() _body: string): void {}
  piped(@Body(suffix('1'), suffix('2')) _body: string): void {}
  latePiped(@Body(late('1'), suffix('2')) _body: string): void {}
  mixed(
    _plain: unknown,
    closer: CloseWebSocket,
    @Body() _body: string,
    sender: AsyncWebSocketSender,
    @Query('q') _query: string,
    cleanUp: CleanUp,
    connection: WebSocketConnection,
    signal: AbortSignal,
  ): void {
    void [closer, sender, cleanUp, connection, signal];
  }
  parts(
    @Body('user.name') _name: string,
    @Body('user') _user: object,
    @Body('list.1') _item: number,
    @Body('a.b') _flat: string,
    @Body('missing.deep') _missing: unknown,
    @Body() _whole: object,
  ): void {}
  inherited(@Body('constructor') _a: unknown, @Body('user.toString') _b: unknown): void {}
  handshake(
    @Param('id') _id: string,
    @Param() _params: object,
    @Headers('x-name') _header: string,
    @Req() _request: unknown,
  ): void {}
  sockets(
    @ConnectedSocket() _connection: WebSocketConnection,
    @ConnectedSocket() _raw: RawSocket,
    @Connection() _own: unknown,
    @WsMessageBody() _body: string,
  ): void {}
  metadata(
    @Body('a', metadataPipe) _a: Dto,
    @Query('q', metadataPipe) _q: string,
    @Param('p', metadataPipe) _p: number,
    @Late('x', metadataPipe) _x: unknown,
  ): void {}
  unpiped(@Headers('x-name') _header: string, @Connection() _connection: unknown): void {}
  late(@Late('x') _late: unknown): void {}
  twoFailures(@Body(failingLate) _a: string, @Body(failing) _b: string): void {}
  twoLateFailures(@Body(failingLate) _a: string, @Body(failingLate) _b: string): void {}
  response(@Res() _response: unknown): void {}
  next(@Next() _next: unknown): void {}
  dto(@Body() _dto: Dto): void {}
}

type HandlerName = keyof Handlers;

interface Reading {
  format?: MessageFormat;
  pipes?: readonly PipeTransform[];
}

function readerOf(methodName: HandlerName, { format = 'auto', pipes = [] }: Reading = {}) {
  return createArgumentsReader({
    controller: Handlers,
    prototype: Handlers.prototype,
    methodName,
    arity: Handlers.prototype[methodName].length,
    where: { controller: 'Handlers', method: methodName },
    format,
    config: new ApplicationConfig(),
    contextOf: () => ({}),
    roomOf: () => () => undefined,
    pipes,
    pipesOf: (references) => references.filter(isInstance),
  });
}

function isInstance(
  reference: PipeTransform | (new () => PipeTransform),
): reference is PipeTransform {
  return typeof reference === 'object';
}

function read(
  reader: ArgumentsReader,
  text: string | undefined,
  connection: RealConnection = fakeConnection(),
): unknown[] | Promise<unknown[]> {
  const body = text === undefined ? undefined : new MessageBody(Buffer.from(text), false);
  return reader(new Invocation(connection, body));
}

describe('arguments', () => {
  it('are none for a handler without parameters, whose payload is then not looked at', () => {
    expect(read(readerOf('nothing'), '{broken')).toEqual([]);
  });

  it('are read without a promise where nothing is asynchronous', () => {
    expect(read(readerOf('text'), 'a')).toEqual(['a']);
    expect(read(readerOf('piped'), 'a')).toEqual(['a12']);
  });

  it('pass their pipes in order, asynchronous ones as well', async () => {
    const args = read(readerOf('latePiped'), 'a');
    expect(args).toBeInstanceOf(Promise);
    await expect(args).resolves.toEqual(['a12']);
  });

  it('pass the global pipes before their own', () => {
    expect(read(readerOf('piped', { pipes: [suffix('g')] }), 'a')).toEqual(['ag12']);
  });

  it('stand at their positions, handles by type between them', () => {
    const connection = fakeConnection({ extra: { query: { q: 'Q' } } });
    const args = read(readerOf('mixed'), 'text', connection);
    expect(args).toEqual([
      undefined,
      expect.any(CloseWebSocket),
      'text',
      expect.any(AsyncWebSocketSender),
      'Q',
      expect.any(CleanUp),
      connection,
      connection.signal,
    ]);
  });

  it('come from fields and dotted paths of a body that is parsed once', () => {
    const body = '{"user":{"name":"Ann"},"list":[1,2],"a.b":"flat"}';
    const args = read(readerOf('parts'), body);
    expect(args).toEqual(['Ann', { name: 'Ann' }, 2, 'flat', undefined, JSON.parse(body)]);
    if (!Array.isArray(args)) throw new Error('not synchronous');
    const whole: unknown = args[5];
    expect(whole).toHaveProperty('user', args[1]);
    expect(Reflect.get(Object(whole), 'user')).toBe(args[1]);
  });

  it('do not reach what fields inherit', () => {
    expect(read(readerOf('inherited'), '{"user":{}}')).toEqual([undefined, undefined]);
  });

  it.each(['1', '"text"', 'null', '[]'])('are undefined for fields of the body %s', (text) => {
    expect(read(readerOf('inherited'), text)).toEqual([undefined, undefined]);
  });

  it('come from the handshake', () => {
    const connection = fakeConnection({
      headers: { 'x-name': 'Ann' },
      extra: { params: { id: '7' } },
    });
    expect(read(readerOf('handshake'), 'a', connection)).toEqual([
      '7',
      { id: '7' },
      'Ann',
      connection.request,
    ]);
  });

  it('come from the socket', () => {
    const connection = fakeConnection();
    expect(read(readerOf('sockets'), 'a', connection)).toEqual([
      connection,
      connection.socket,
      connection,
      'a',
    ]);
  });

  it('tell their pipes what they are', async () => {
    const connection = fakeConnection({ extra: { query: {}, params: {} } });
    expect(await read(readerOf('metadata'), '{}', connection)).toEqual([
      { type: 'body', metatype: Dto, data: 'a' },
      { type: 'query', metatype: String, data: 'q' },
      { type: 'param', metatype: Number, data: 'p' },
      { type: 'custom', metatype: Object, data: 'x' },
    ]);
  });

  it('from headers and of the connection itself pass no pipe', () => {
    const connection = fakeConnection({ headers: { 'x-name': 'Ann' } });
    const reader = readerOf('unpiped', { pipes: [suffix('!')] });
    expect(read(reader, 'a', connection)).toEqual(['Ann', connection]);
  });

  it('of an asynchronous decorator are awaited', async () => {
    expect(await read(readerOf('late'), 'a')).toEqual(['x']);
    expect(await read(readerOf('late', { pipes: [suffix('!')] }), 'a')).toEqual(['x!']);
  });

  it('are undefined on connect, and pipes do not see that', () => {
    expect(read(readerOf('piped'), undefined)).toEqual([undefined]);
    expect(read(readerOf('parts'), undefined)).toEqual(Array(6).fill(undefined));
  });

  it('fail with an invalid payload', () => {
    expect(() => read(readerOf('dto'), '{')).toThrow(InvalidPayloadException);
    expect(() => read(readerOf('parts'), 'text')).toThrow(InvalidPayloadException);
  });

  it.each(['twoFailures', 'twoLateFailures'] as const)(
    'fail once where two pipes fail (%s), and leave no rejection behind',
    async (name) => {
      const recorder = unhandled();
      await expect(async () => read(readerOf(name), 'a')).rejects.toThrow('failure');
      expect(await recorder.release()).toEqual([]);
    },
  );

  it.each(['response', 'next'] as const)('cannot be @%s', (name) => {
    expect(() => readerOf(name)).toThrow(UnsupportedParameterException);
  });
});

describe('a format', () => {
  it("'json' parses fields and whole bodies", () => {
    expect(read(readerOf('text', { format: 'json' }), '{"a":1}')).toEqual([{ a: 1 }]);
  });

  it('of a codec decodes once for all parameters', () => {
    let decoded = 0;
    const decode = (): unknown => {
      decoded += 1;
      return { user: { name: 'Ann' } };
    };
    const args = read(readerOf('parts', { format: { decode, encode: () => '' } }), 'x');
    expect(args).toEqual([
      'Ann',
      { name: 'Ann' },
      undefined,
      undefined,
      undefined,
      { user: { name: 'Ann' } },
    ]);
    expect(decoded).toBe(1);
  });
});

describe('the body that interceptors see', () => {
  const bodyOf = (methodName: HandlerName, text: string): unknown =>
    createBodyReader({
      controller: Handlers,
      prototype: Handlers.prototype,
      methodName,
      format: 'auto',
    })(new MessageBody(Buffer.from(text), false), 'unknown');

  it.each([
    ['text', '{"a":1}', '{"a":1}'],
    ['dto', '{"a":1}', { a: 1 }],
    ['parts', '{"a":1}', { a: 1 }],
    ['inherited', '1', 1],
    ['nothing', '1', '1'],
    ['nothing', '[1]', [1]],
  ] as const)('of %s(), given %p', (methodName, text, body) => {
    expect(bodyOf(methodName, text)).toEqual(body);
  });
});
