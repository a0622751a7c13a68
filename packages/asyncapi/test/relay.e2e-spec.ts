import { jest } from '@jest/globals';
import {
  Body,
  Controller,
  Injectable,
  Ip,
  Param,
  Query,
  Headers,
  UnauthorizedException,
  UseGuards,
  type CanActivate,
  type ExecutionContext,
  type INestApplication,
} from '@nestjs/common';
import { once, on } from 'node:events';
import { Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { Socket, type AddressInfo } from 'node:net';
import {
  connectInProcess,
  RevaliWsMetrics,
  type RevaliWsModuleOptions,
  WebSocket,
  WebSocketConnection,
  WebSocketServers,
} from 'nestjs-revali-ws';
import { AsyncApiModule, type AsyncApiModuleOptions } from 'nestjs-revali-ws-asyncapi';
import { connect, type ConnectOptions, type TestWebSocket } from 'nestjs-revali-ws/testing';
import { WebSocket as Client } from 'ws';
import { eventually } from '../../../test/support/deadline.js';
import { unhandled } from '../../../test/support/faults/leaks.js';
import { gate } from '../../../test/support/gate.js';
import { listenerOf } from '../../../test/support/apps/request-listener.js';
import { trusted } from '../../../test/support/apps/tls-app.js';
import { tlsFixture } from '../../../test/support/apps/tls-fixture.js';
import { closeAllApps, startApp } from './support.js';

@Injectable()
class SignedInGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const { headers } = context
      .switchToHttp()
      .getRequest<{ headers: Readonly<Record<string, string>> }>();
    if (headers['authorization'] !== 'Bearer ann') throw new UnauthorizedException('Sign in first');
    return true;
  }
}

/** Decides when a test says so. */
@Injectable()
class SlowGuard implements CanActivate {
  static asked = 0;
  static decision = gate();

  async canActivate(context: ExecutionContext): Promise<boolean> {
    SlowGuard.asked += 1;
    await SlowGuard.decision.opened;
    const { socket } = context.switchToHttp().getRequest<{ socket: { destroy(): void } }>();
    socket.destroy();
    return false;
  }
}

@Injectable()
class UndecidedGuard implements CanActivate {
  static decision = gate();

  async canActivate(): Promise<boolean> {
    await UndecidedGuard.decision.opened;
    return true;
  }
}

@Controller('chat')
class ChatController {
  @WebSocket('slow')
  @UseGuards(SlowGuard)
  slow(): void {}

  @WebSocket('secure', { triggerOnConnect: true, origins: 'same-origin' })
  secure(connection: WebSocketConnection): string {
    const socket: unknown = Reflect.get(connection.request, 'socket');
    return String(socket instanceof Socket && Reflect.get(socket, 'encrypted') === true);
  }

  @WebSocket('tiny', { mode: 'sendOnly' })
  async tiny(connection: WebSocketConnection): Promise<void> {
    for (let count = 0; count < 200_000; count += 1) await connection.send('');
    connection.close();
  }

  @WebSocket('guarded')
  @UseGuards(SignedInGuard)
  guarded(@Body() text: string): string {
    return text;
  }

  @WebSocket('rooms/:room', { triggerOnConnect: true, protocols: ['chat.v1'] })
  hello(
    @Param('room') room: string,
    @Query('name') name: string,
    @Headers('x-team') team: string,
    @Ip() ip: string,
  ): object {
    return { room, name, team, ip };
  }

  @WebSocket('echo', { format: 'raw' })
  echo(@Body() data: string | Buffer, connection: WebSocketConnection): unknown {
    if (data === 'close') connection.close(4321, 'Because');
    if (data === 'ping') connection.socket?.ping('hi');
    return data;
  }

  @WebSocket('large', { mode: 'sendOnly' })
  large(): string {
    return 'x'.repeat(4 * 1024 * 1024 + 1);
  }

  @WebSocket('pings')
  pings(connection: WebSocketConnection): string {
    for (let count = 0; count < 1_000; count += 1) connection.socket?.ping();
    return 'done';
  }

  @WebSocket('undecided')
  @UseGuards(UndecidedGuard)
  undecided(): void {}

  @WebSocket('flood', { mode: 'sendOnly' })
  *flood(): Generator<string> {
    for (;;) {
      produced += 1;
      yield 'x'.repeat(64 * 1024);
    }
  }

  @WebSocket('*rest')
  rest(): void {}
}

let produced = 0;
const RELAY = '/async-api/relay';

describe.each(['express', 'fastify'] as const)('The relay on %s', (platform) => {
  afterEach(closeAllApps);

  async function start(
    options: AsyncApiModuleOptions = {},
    more: RevaliWsModuleOptions = {},
  ): Promise<INestApplication> {
    const module = AsyncApiModule.forRoot({ relay: true, ...options });
    const forRoot = { ping: false, ...more } as const;
    const setup = { platform, forRoot, controllers: [ChatController], imports: [module] };
    return (await startApp(setup)).app;
  }

  it('opens a route with headers and subprotocols, and passes on what goes either way', async () => {
    const app = await start();
    const page = await open(app, {
      path: '/chat/rooms/blue?name=Ann',
      headers: { 'X-Team': 'red' },
      protocols: ['chat.v1'],
    });
    expect(await page.json()).toMatchObject({
      event: 'open',
      status: 101,
      headers: { upgrade: 'websocket' },
      protocol: 'chat.v1',
    });
    const { text } = await page.json<{ text: string }>();
    expect(JSON.parse(text)).toEqual({ room: 'blue', name: 'Ann', team: 'red', ip: '127.0.0.1' });
    await page.close();
  });

  it('passes on bytes, pings and close codes', async () => {
    const page = await open(await start(), { path: '/chat/echo' });
    await page.json();
    page.send({ send: { base64: 'AQI=' } });
    expect(await page.json()).toEqual({ event: 'message', base64: 'AQI=' });
    page.send({ send: { text: 'ping' } });
    expect(await page.json()).toEqual({ event: 'ping', base64: 'aGk=' });
    expect(await page.json()).toEqual({ event: 'message', text: 'ping' });
    page.send({ send: { text: 'close' } });
    expect(await page.json()).toEqual({ event: 'message', text: 'close' });
    expect(await page.json()).toEqual({ event: 'close', code: 4321, reason: 'Because' });
    expect(await page.closed).toMatchObject({ code: 1000 });
  });

  it('closes with the code that the page names', async () => {
    const page = await open(await start(), { path: '/chat/echo' });
    await page.json();
    page.send({ close: { code: 4000, reason: 'Done' } });
    expect(await page.json()).toEqual({ event: 'close', code: 4000, reason: 'Done' });
    await page.closed;
  });

  it('says that a message of the route is too large for it', async () => {
    const page = await open(await start(), { path: '/chat/large' });
    expect(await page.json()).toMatchObject({ event: 'open' });
    const message =
      'The route sent a message of more than 4 MiB, which is too large for the relay.';
    expect(await page.json()).toEqual({ event: 'error', message });
    expect(await page.json()).toEqual({ event: 'close', code: 1009, reason: '' });
    await page.closed;
  });

  it('answers as many pings as there are', async () => {
    const page = await open(await start(), { path: '/chat/pings' });
    await page.json();
    page.send({ send: { text: 'go' } });
    for (let count = 0; count < 1_000; count += 1)
      expect(await page.json()).toEqual({ event: 'ping', base64: '' });
    expect(await page.json()).toEqual({ event: 'message', text: 'done' });
    page.send({ send: { text: 'again' } });
    for (let count = 0; count < 1_000; count += 1) await page.json();
    expect(await page.json()).toEqual({ event: 'message', text: 'done' });
    await page.close();
  });

  it('gives up a handshake that nobody has decided, and sends nothing before it', async () => {
    UndecidedGuard.decision = gate();
    const app = await start();
    const given = await open(app, { path: '/chat/undecided' });
    given.send({ close: { code: 1000, reason: 'Too slow' } });
    expect(await given.json()).toEqual({ event: 'close', code: 1006, reason: '' });
    await given.closed;
    const kept = await open(app, { path: '/chat/undecided' });
    kept.send({ send: { text: 'early' } });
    UndecidedGuard.decision.open();
    expect(await kept.json()).toMatchObject({ event: 'open' });
    await kept.close();
  });

  it('tells the status and the body of a refusal', async () => {
    const app = await start();
    const page = await open(app, { path: '/chat/guarded' });
    const told = await page.json<{ body: string }>();
    expect(told).toMatchObject({ event: 'refused', status: 401 });
    expect(JSON.parse(told.body)).toMatchObject({ message: 'Sign in first' });
    await page.closed;
    const signedIn = await open(app, {
      path: '/chat/guarded',
      headers: { authorization: 'Bearer ann' },
    });
    expect(await signedIn.json()).toMatchObject({ event: 'open' });
    await signedIn.close();
  });

  it.each([
    'http://example.com/chat/echo',
    '//example.com/chat/echo',
    '/\\example.com/chat/echo',
    '/chat/../chat/echo',
    '/chat/%2e%2e/echo',
    '/chat/echo#fragment',
    '/chat/echo\r\nX-Injected: 1',
    '/chat/echo HTTP/1.1',
    'chat/echo',
    '/elsewhere',
    '/async-api/relay',
    '/ASYNC-API/relay/',
    '',
    42,
    undefined,
  ])('opens no other path: %j', async (path) => {
    const page = await open(await start(), { path });
    expect(await page.json()).toMatchObject({ event: 'error' });
    expect(await page.closed).toMatchObject({ code: 1008 });
  });

  it.each([
    'Host',
    'connection',
    'Upgrade',
    'Transfer-Encoding',
    'content-length',
    'Sec-WebSocket-Key',
    'sec-websocket-protocol',
    'X-Forwarded-For',
    'x-forwarded-host',
    'Forwarded',
    'X-Real-IP',
    'Fly-Client-IP',
    'CF-Connecting-IPv6',
    'X-Azure-ClientIP',
    'X-Envoy-External-Address',
    'X-Original-Host',
    'Front-End-Https',
    'X-Remote-User',
    'X-Auth-Request-Email',
    'Proxy-Authorization',
  ])('names the header that cannot be set: %s', async (name) => {
    const page = await open(await start(), { path: '/chat/echo', headers: { [name]: '1' } });
    expect(await page.json()).toEqual({
      event: 'error',
      message: `The header "${name}" cannot be set.`,
    });
    await page.closed;
  });

  it.each([
    { 'x-a': 'one\r\nx-b: two' },
    { 'x-a\r\nx-b': 'one' },
    { 'x-a': ['one'] },
    { '': 'one' },
    { 'x-a': '\0' },
    { 'x-a': 'a'.repeat(9_000) },
  ])('injects no header: %j', async (headers) => {
    const page = await open(await start(), { path: '/chat/echo', headers });
    expect(await page.json()).toMatchObject({ event: 'error' });
    await page.closed;
  });

  it.each(['', 'no JSON', 'null', '[]', '{}', '{"path":"/chat/echo","protocols":["a","a"]}'])(
    'answers a first message that is none with an error: %j',
    async (text) => {
      const page = await open(await start(), text);
      expect(await page.json()).toMatchObject({ event: 'error' });
      expect(await page.closed).toMatchObject({ code: 1008 });
    },
  );

  it('stays open after a command that is none', async () => {
    const page = await open(await start(), { path: '/chat/echo' });
    await page.json();
    for (const command of [{}, { send: { base64: '!' } }, { close: { code: 1006 } }, 'x']) {
      page.send(command);
      expect(await page.json()).toMatchObject({ event: 'error' });
    }
    page.send({ send: { text: 'still here' } });
    expect(await page.json()).toEqual({ event: 'message', text: 'still here' });
    await page.close();
  });

  it('reads no faster than the page', async () => {
    produced = 0;
    const page = await open(await start(), { path: '/chat/flood' });
    await page.json();
    page.pause();
    const before = await settledCount();
    expect(before * 64).toBeLessThan(16 * 1024);
    page.resume();
    // It is still there, and nothing was thrown away meanwhile.
    for (let count = 0; count < 2 * before; count += 1)
      expect(await page.json()).toMatchObject({ event: 'message' });
    await page.terminate();
  });

  it('is for pages of the same origin alone', async () => {
    const app = await start();
    const headers = { origin: 'https://evil.example' };
    await expect(connect(app, RELAY, { headers })).rejects.toMatchObject({ status: 403 });
  });

  it('is guarded like the documents', async () => {
    const app = await start({ decorators: [UseGuards(SignedInGuard)] });
    await expect(connect(app, RELAY)).rejects.toMatchObject({ status: 401 });
    const headers = { authorization: 'Bearer ann' };
    const page = await open(app, { path: '/chat/echo' }, { headers });
    expect(await page.json()).toMatchObject({ event: 'open' });
    await page.close();
  });

  it('is not there unless it is asked for', async () => {
    const app = await start({ relay: false });
    await expect(connect(app, RELAY)).rejects.toMatchObject({ status: 404 });
  });

  it('opens eight at a time for one address', async () => {
    const app = await start();
    const pages = await Promise.all(Array.from({ length: 8 }, () => connect(app, RELAY)));
    const ninth = await connect(app, RELAY);
    expect(await ninth.closed).toEqual({ code: 1013, reason: 'Too many relays' });
    await pages[0]?.close();
    const tenth = await open(app, { path: '/chat/echo' });
    expect(await tenth.json()).toMatchObject({ event: 'open' });
    await Promise.all([...pages.slice(1), tenth].map((page) => page.close()));
  });

  it('shows handlers the address of the page', async () => {
    const app = await start();
    const server: unknown = app.getHttpServer();
    if (!(server instanceof Server)) throw new TypeError('No server');
    const page = new Client('ws://localhost/async-api/relay', {
      createConnection: () => connectInProcess(server, { remoteAddress: '203.0.113.9' }).client,
    });
    const messages = on(page, 'message');
    await once(page, 'open');
    page.send('{"path":"/chat/rooms/blue"}');
    await messages.next();
    const told: { value?: unknown } = await messages.next();
    expect(String(told.value)).toContain(String.raw`\"ip\":\"203.0.113.9\"`);
    page.close();
    await once(page, 'close');
  });

  describe('with a clock', () => {
    beforeEach(() => {
      jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] });
    });
    afterEach(() => {
      jest.useRealTimers();
    });

    it('waits ten seconds for the first message', async () => {
      const page = await connect(await start(), RELAY);
      expect((await page.ping('here')).toString()).toBe('here');
      jest.advanceTimersByTime(10_000);
      expect(await page.json()).toEqual({ event: 'error', message: 'No request came.' });
      expect(await page.closed).toMatchObject({ code: 1001 });
    });

    it('ends what is idle for ten minutes', async () => {
      const page = await open(await start(), { path: '/chat/echo' });
      await page.json();
      await pass(599);
      page.send({ send: { text: 'not idle' } });
      await page.json();
      await pass(599);
      expect(page.isOpen).toBe(true);
      await pass(1);
      expect(await page.json()).toMatchObject({ event: 'error' });
      expect(await page.closed).toMatchObject({ code: 1001 });
    });
  });

  describe('with handshakes that fail', () => {
    let recorder: ReturnType<typeof unhandled>;

    beforeEach(() => {
      recorder = unhandled();
      SlowGuard.asked = 0;
      SlowGuard.decision = gate();
    });
    afterEach(async () => {
      expect(await recorder.release()).toEqual([]);
    });

    it('tells of a subprotocol that the route does not choose', async () => {
      const page = await open(await start(), { path: '/chat/echo', protocols: ['other'] });
      expect(await page.json()).toMatchObject({ event: 'error' });
      expect(await page.json()).toMatchObject({ event: 'close', code: 1006 });
      expect(await page.closed).toMatchObject({ code: 1000 });
    });

    it('tells of a guard that ends the connection', async () => {
      const page = await open(await start(), { path: '/chat/slow' });
      SlowGuard.decision.open();
      expect(await page.json()).toMatchObject({ event: 'error' });
      expect(await page.json()).toMatchObject({ event: 'close', code: 1006 });
    });

    it('lives on when the page goes in the middle of one', async () => {
      const app = await start();
      const metrics = app.get(RevaliWsMetrics);
      const page = await open(app, { path: '/chat/slow' });
      await eventually(() => expect(SlowGuard.asked).toBe(1), 'the guard');
      await page.terminate();
      SlowGuard.decision.open();
      await eventually(
        () => expect(metrics.snapshot().connections.open).toBe(0),
        'the end of both',
      );
      const other = await open(app, { path: '/chat/echo' });
      expect(await other.json()).toMatchObject({ event: 'open' });
      await other.close();
    });
  });

  it('passes on messages of no bytes, however many come in one piece', async () => {
    // A busy machine takes longer than the five seconds that a close grants to the last messages.
    const app = await start({}, { closeTimeout: '1m' });
    const page = await open(app, { path: '/chat/tiny' });
    expect(await page.json()).toMatchObject({ event: 'open' });
    page.pause();
    await new Promise((done) => setTimeout(done, 500));
    page.resume();
    let last: unknown;
    let count = 0;
    for await (const message of page) {
      last = JSON.parse(String(message));
      count += 1;
    }
    expect(last).toEqual({ event: 'close', code: 1000, reason: expect.any(String) as unknown });
    expect(count).toBe(200_001);
  });

  it('goes to the server that the page has come to', async () => {
    const app = await start();
    await app.listen(0, '127.0.0.1');
    const server = createTlsServer(tlsFixture, listenerOf(app));
    app.get(WebSocketServers).attach(server);
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const { port } = server.address() as AddressInfo;
    const page = new Client(`wss://127.0.0.1:${port}${RELAY}`, {
      origin: `https://127.0.0.1:${port}`,
      ...trusted,
    });
    const told: unknown[] = [];
    page.on('message', (data: Buffer) => told.push(JSON.parse(data.toString())));
    await once(page, 'open');
    page.send(JSON.stringify({ path: '/chat/secure' }));
    await eventually(() => expect(told).toHaveLength(2), 'the answer');
    expect(told[1]).toEqual({ event: 'message', text: 'true' });
    page.terminate();
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
  });

  it('leaves no connection when the page has gone, and ends with the application', async () => {
    const app = await start();
    const metrics = app.get(RevaliWsMetrics);
    const page = await open(app, { path: '/chat/echo' });
    await page.json();
    expect(metrics.snapshot().connections.open).toBe(2);
    await page.terminate();
    await eventually(() => expect(metrics.snapshot().connections.open).toBe(0), 'the end of both');
    const other = await open(app, { path: '/chat/echo' });
    await other.json();
    await app.close();
    await other.closed;
  });
});

describe('The relay in production', () => {
  const environment = process.env.NODE_ENV;
  afterEach(() => {
    process.env.NODE_ENV = environment;
  });

  it('does not start without a guard', () => {
    process.env.NODE_ENV = 'production';
    const options = { relay: true, enabled: true };
    expect(() => AsyncApiModule.forRoot(options)).toThrow(/needs a guard among "decorators"/);
    expect(() => AsyncApiModule.forRoot({ relay: true })).not.toThrow();
    const guarded = { ...options, decorators: [UseGuards(SignedInGuard)] };
    expect(() => AsyncApiModule.forRoot(guarded)).not.toThrow();
  });
});

async function open(
  app: INestApplication,
  request: unknown,
  options?: ConnectOptions,
): Promise<TestWebSocket> {
  const page = await connect(app, RELAY, options);
  page.send(typeof request === 'string' ? request : JSON.stringify(request));
  return page;
}

/** Seconds, in which what is under way arrives. */
async function pass(seconds: number): Promise<void> {
  for (let second = 0; second < seconds; second += 1) {
    jest.advanceTimersByTime(1_000);
    await new Promise((done) => setImmediate(done));
  }
}

/** How many messages the flood has made, once it makes no more. */
async function settledCount(): Promise<number> {
  for (let before = -1; ;) {
    if (produced === before) return produced;
    before = produced;
    await new Promise((done) => setTimeout(done, 100));
  }
}
