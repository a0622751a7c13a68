import { Body, Controller, Headers, Param, Query, Req } from '@nestjs/common';
import { WebSocket, type HandshakeRequest } from 'nestjs-revali-ws';
import { connect } from 'nestjs-revali-ws/testing';
import { closeOpenedApps, openApp, reaches } from '../../support/apps/testing-kit-app.js';

@Controller('kit')
class KitController {
  @WebSocket('echo')
  echo(@Body() message: string): string {
    return `Echo: ${message}`;
  }

  @WebSocket('json')
  json(@Body() message: { n: number }): { twice: number } {
    return { twice: message.n * 2 };
  }

  @WebSocket('bytes')
  bytes(@Body() message: Buffer): Buffer {
    return Buffer.from(message.toReversed());
  }

  @WebSocket('greet', { triggerOnConnect: true })
  *greet(): Generator<string> {
    yield 'one';
    yield 'two';
    yield 'three';
  }

  @WebSocket('rooms/:room')
  room(
    @Param('room') room: string,
    @Query() query: Record<string, string>,
    @Headers('cookie') cookie: string,
  ): unknown {
    return { room, query, cookie };
  }

  @WebSocket('peer')
  peer(@Req() request: HandshakeRequest & { ip: string; hostname: string }): unknown {
    return { ip: request.ip, hostname: request.hostname };
  }

  @WebSocket('chat', { protocols: ['v2.chat', 'v1.chat'] })
  chat(): string {
    return 'said';
  }
}

describe.each(reaches)('connect() on $label', (reach) => {
  const start = () => openApp(reach, { controllers: [KitController] });
  afterEach(closeOpenedApps);

  it('opens a socket whose texts are answered', async () => {
    const socket = await connect(await start(), '/kit/echo');
    socket.send('hi');
    expect(await socket.next()).toBe('Echo: hi');
    socket.send('ho');
    expect(await socket.text()).toBe('Echo: ho');
    expect(socket.isOpen).toBe(true);
  });

  it('needs no slash in front of the path', async () => {
    const socket = await connect(await start(), 'kit/echo');
    socket.send('hi');
    expect(await socket.next()).toBe('Echo: hi');
  });

  it('sends objects as JSON and reads JSON', async () => {
    const socket = await connect(await start(), '/kit/json');
    socket.send({ n: 21 });
    expect(await socket.json<{ twice: number }>()).toEqual({ twice: 42 });
  });

  it.each([
    ['a Buffer', Buffer.from([1, 2, 3])],
    ['a typed array', new Uint16Array([0x0201, 3]).subarray(0, 2)],
    ['an ArrayBuffer', new Uint8Array([1, 2, 3]).buffer],
  ])('sends %s as a binary message and reads one', async (_what, data) => {
    const socket = await connect(await start(), '/kit/bytes');
    socket.send(data);
    const reply = await socket.binary();
    expect(Buffer.isBuffer(reply)).toBe(true);
    expect(reply.filter((byte) => byte > 0)).toEqual(Buffer.from([3, 2, 1]));
  });

  it('keeps what came before anybody asked', async () => {
    const socket = await connect(await start(), '/kit/greet');
    await socket.ping();
    expect(await socket.next()).toBe('one');
    expect(await socket.next()).toBe('two');
    expect(await socket.next()).toBe('three');
  });

  it('answers waits in the order in which they were asked', async () => {
    const socket = await connect(await start(), '/kit/echo');
    const replies = Promise.all([socket.next(), socket.next(), socket.next()]);
    for (const text of ['a', 'b', 'c']) socket.send(text);
    expect(await replies).toEqual(['Echo: a', 'Echo: b', 'Echo: c']);
  });

  it('sends parameters, query, headers and cookies', async () => {
    const socket = await connect(await start(), '/kit/rooms/blue?a=1', {
      query: { b: 'x y', c: true, d: ['1', 2] },
      headers: { cookie: 'session=7' },
    });
    socket.send('');
    expect(await socket.json()).toEqual({
      room: 'blue',
      query: { a: '1', b: 'x y', c: 'true', d: ['1', '2'] },
      cookie: 'session=7',
    });
  });

  it('comes from this machine, and to the host that it names', async () => {
    const app = await start();
    const socket = await connect(app, '/kit/peer', { headers: { host: 'api.example.com' } });
    socket.send('');
    const peer = await socket.json<{ ip: string; hostname: string }>();
    expect(peer.ip).toMatch(/127\.0\.0\.1$/);
    expect(peer.hostname).toBe('api.example.com');
  });

  it('counts as the same origin, like a page that the application itself serves', async () => {
    const app = await start();
    const port = reach.hasPort ? `:${new URL(await app.getUrl()).port}` : '';
    const socket = await connect(app, '/kit/echo', {
      headers: { origin: `http://localhost${port}` },
    });
    expect(socket.isOpen).toBe(true);
  });

  it('offers subprotocols and tells which one was chosen', async () => {
    const app = await start();
    const socket = await connect(app, '/kit/chat', { protocols: ['v1.chat', 'v2.chat'] });
    expect(socket.protocol).toBe('v1.chat');
    expect((await connect(app, '/kit/chat', { protocols: 'v2.chat' })).protocol).toBe('v2.chat');
    expect((await connect(app, '/kit/chat')).protocol).toBe('');
  });

  it("keeps the headers of the 101, with the application's own", async () => {
    const app = await openApp(reach, {
      controllers: [KitController],
      configure: (created) => {
        created.use((_request: unknown, response: { setHeader: Setter }, next: () => void) => {
          response.setHeader('set-cookie', ['a=1', 'b=2']);
          next();
        });
      },
    });
    const { headers } = await connect(app, '/kit/echo');
    expect(headers.upgrade).toBe('websocket');
    expect(headers['set-cookie']).toEqual(['a=1', 'b=2']);
  });

  it('carries messages of a megabyte both ways', async () => {
    const socket = await connect(await start(), '/kit/bytes');
    const sent = Buffer.alloc(1024 * 1024, 'abcdefg');
    socket.send(sent);
    const reply = await socket.binary();
    expect(reply.equals(sent.toReversed())).toBe(true);
    expect(sent.subarray(0, 7).toString()).toBe('abcdefg');
  });

  it('holds fifty connections at once', async () => {
    const app = await start();
    const rooms = Array.from({ length: 50 }, (_, room) => room);
    const sockets = await Promise.all(rooms.map((room) => connect(app, `/kit/rooms/${room}`)));
    for (const socket of sockets) socket.send('');
    const replies = await Promise.all(sockets.map((socket) => socket.json<{ room: string }>()));
    expect(replies.map(({ room }) => Number(room))).toEqual(rooms);
  });
});

type Setter = (name: string, value: string[]) => void;
