import { Body, Controller } from '@nestjs/common';
import { WebSocket, WebSocketConnection } from 'nestjs-revali-ws';

import { startApp } from '../../support/apps/app-factory.js';
import { platforms } from '../../support/apps/platforms.js';
import { closeAllApps } from '../../support/apps/running-app.js';
import type { TestClient } from '../../support/clients/test-client.js';

const ID_32 = 'a'.repeat(32);

const hostile: readonly (readonly [name: string, message: string | Buffer])[] = [
  ['no header', 'hello'],
  ['an empty text', ''],
  ['JSON', '{"type":"say"}'],
  ['a call without an id', 'c \ntext'],
  ['a call without a space', 'c1\ntext'],
  ['a call with two spaces', 'c  1\ntext'],
  ['a space behind the id', 'c 1 \ntext'],
  ['a space before the kind', ' c 1\ntext'],
  ['a carriage return', 'c 1\r\ntext'],
  ['no end of the line', 'c 1'],
  ['a kind in capitals', 'C 1\ntext'],
  ['a kind of the server', 'r 1\ntext'],
  ['an unknown kind', 'q 1\ntext'],
  ['a path for an id', 'c ../1\ntext'],
  ['__proto__ for an id', 'c __proto__\ntext'],
  ['an id of other letters', 'c é\ntext'],
  ['digits of another script', 'c ١\ntext'],
  ['a null character', 'c \u0000\ntext'],
  ['an id that is too long', `c ${ID_32}a\ntext`],
  ['an endless id', `c ${'a'.repeat(100_000)}\ntext`],
  ['an endless stop', `x ${'a'.repeat(100_000)}`],
  ['empty bytes', Buffer.alloc(0)],
  ['bytes without a header', Buffer.from([1, 2, 3])],
  ['bytes with a header that is longer than they are', Buffer.from([5, 0x63, 0x20, 0x31])],
  ['bytes with the longest length', Buffer.from([255, ...Buffer.from('c 1')])],
  ['bytes with a header of another alphabet', Buffer.from([3, 0x63, 0x20, 0xff])],
];

@Controller()
class EchoController {
  @WebSocket('echo')
  async echo(
    @Body() text: string,
    connection: WebSocketConnection,
    signal: AbortSignal,
  ): Promise<string> {
    if (text === 'wait') {
      void connection.send('waits');
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
    }
    return text;
  }
}

describe.each(platforms)('The header of a message ($name)', (platform) => {
  afterEach(closeAllApps);

  const connect = async (): Promise<TestClient> => {
    const app = await startApp(platform, {
      controllers: [EchoController],
      forRoot: { maxPayload: 200_000 },
    });
    return app.connect('/echo', { protocols: ['revali.v1'] });
  };

  it.each(hostile)('that breaks the protocol closes with 1002: %s', async (_name, message) => {
    const client = await connect();
    client.send(message);
    expect(await client.closed).toMatchObject({ code: 1002, reason: 'Invalid message header' });
  });

  it.each(['0', 'Z', 'constructor', 'toString', 'hasOwnProperty', ID_32])(
    'may have any id of letters and digits: %s',
    async (id) => {
      const client = await connect();
      client.send(`c ${id}\ntext`);
      expect(await client.text()).toBe(`r ${id}\ntext`);
      client.send(`x ${id}\n`);
      client.send(`c ${id}\n`);
      expect(await client.text()).toBe(`r ${id}\n`);
    },
  );

  it('is no part of what the handler gets, whose lines are its own', async () => {
    const client = await connect();
    client.send('c 1\none\ntwo\n');
    expect(await client.text()).toBe('r 1\none\ntwo\n');
    client.send('\n\n');
    expect(await client.text()).toBe('\n\n');
  });

  it('may come in fragments', async () => {
    const client = await connect();
    client.socket.send('c', { fin: false });
    client.socket.send(' 1', { fin: false });
    client.socket.send('\nte', { fin: false });
    client.socket.send('xt', { fin: true });
    expect(await client.text()).toBe('r 1\ntext');
  });

  it('with the id of an open call is refused at once, and that call goes on', async () => {
    const client = await connect();
    client.send('c 1\nwait');
    expect(await client.text()).toBe('\nwaits');
    client.send('c 1\ntext');
    expect(await client.text()).toBe(
      'e 1\n{"statusCode":409,"message":"A call with this id is open","error":"Conflict"}',
    );
    client.send('x 1\n');
    expect(await client.text()).toBe('d 1\n');
    client.send('c 1\ntext');
    expect(await client.text()).toBe('r 1\ntext');
  });
});
