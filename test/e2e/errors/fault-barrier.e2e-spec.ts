import { Body, Controller } from '@nestjs/common';
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { WebSocket, WebSocketConnection, type GatewayClient } from 'nestjs-revali-ws';
import { Socket } from 'node:net';
import { startApp } from '../../support/apps/app-factory.js';
import { eventually } from '../../support/deadline.js';
import { HeldRequests } from '../../support/apps/held-requests.js';
import { unhandled, type UnhandledRecorder } from '../../support/faults/leaks.js';
import { platforms } from '../../support/apps/platforms.js';
import { composeUpgrade } from '../../support/raw/raw-upgrade.js';
import { closeAllApps, type RunningApp } from '../../support/apps/running-app.js';
import { httpServerOf } from '../../support/apps/upgrade-listeners.js';

@Controller()
class ChatController {
  @WebSocket('chat')
  chat(@Body() message: string, connection: WebSocketConnection): string {
    const event = /^break at (?<event>\w+)$/.exec(message)?.groups?.['event'];
    if (event) {
      connection.socket?.on(event, () => {
        throw new Error(`of a listener for ${event}`);
      });
    }
    if (message === 'break its writes') breakWrites(connection);
    if (message === 'break its close') breakClose(connection.socket);
    if (message === 'close') connection.close();
    return message;
  }

  @WebSocket('held')
  held(): void {}
}

/** As an agent does that wraps the streams of a process. */
function breakWrites({ socket }: WebSocketConnection): void {
  const stream: unknown = socket && Reflect.get(socket, '_socket');
  if (!(stream instanceof Socket)) throw new Error('no stream');
  stream.write = () => {
    throw new Error('of a write');
  };
}

function breakClose(socket: WebSocketConnection['socket']): void {
  if (!socket) throw new Error('no socket');
  socket.close = () => {
    throw new Error('of a close');
  };
}

@WebSocketGateway({ path: '/gateway' })
class Gateway {
  @SubscribeMessage('break its close')
  onBreakClose(client: GatewayClient): unknown {
    breakClose(client);
    return { event: 'broken' };
  }
  @SubscribeMessage('break')
  onBreak(client: GatewayClient): void {
    client.on('message', () => {
      throw new Error('of a listener of a gateway');
    });
  }
}

describe.each(platforms)('an exception in a listener on $name', (platform) => {
  let recorder: UnhandledRecorder;
  beforeEach(() => {
    recorder = unhandled();
  });
  afterEach(closeAllApps);

  const start = (configure?: Parameters<typeof startApp>[1]): Promise<RunningApp> =>
    startApp(platform, { controllers: [ChatController], providers: [Gateway], ...configure });

  it.each(['message', 'ping', 'pong'])(
    'for %s on the raw socket ends that connection, and is logged once',
    async (event) => {
      const app = await start();
      const [broken, other] = [await app.connect('/chat'), await app.connect('/chat')];
      for (const client of [broken, await app.connect('/chat')]) {
        client.send(`break at ${event}`);
        // For a message, its own event is the first that the new listener hears.
        if (event !== 'message') await client.text();
        if (event !== 'message') client.socket[event === 'ping' ? 'ping' : 'pong']();
        expect((await client.closed).code).toBe(1006);
      }
      other.send('still here');
      expect(await other.text()).toBe('still here');
      expect(app.logs.messages('error')).toHaveLength(1);
      expect(app.logs.messages('error')[0]).toContain(`of a listener for ${event}`);
      expect(await recorder.release()).toEqual([]);
    },
  );

  it('on the client of a gateway ends that client', async () => {
    const app = await start();
    const client = await app.connect('/gateway');
    client.send(JSON.stringify({ event: 'break' }));
    await eventually(() => {
      client.send(JSON.stringify({ event: 'none' }));
      expect(client.isOpen).toBe(false);
    }, 'the client to be cut');
    expect(app.logs.messages('error').join()).toContain('of a listener of a gateway');
    await expect(app.connect('/gateway')).resolves.toBeDefined();
    expect(await recorder.release()).toEqual([]);
  });

  it('for requests of the server answers the upgrade with 500', async () => {
    const app = await start();
    app.server.prependListener('request', () => {
      throw new Error('of a listener for requests');
    });
    const client = await app.raw();
    client.upgrade('/chat');
    const { status, body } = await client.response();
    expect([status, body]).toEqual([500, '{"message":"Internal Server Error","statusCode":500}']);
    await client.ended;
    expect(app.logs.messages('error').join()).toContain('of a listener for requests');
    expect(await recorder.release()).toEqual([]);
  });

  it('of the raw socket in a write ends that connection, and the others get their answers', async () => {
    const app = await start();
    const [broken, other] = [await app.connect('/chat'), await app.connect('/chat')];
    broken.send('break its writes');
    other.send('still here');
    expect(await other.text()).toBe('still here');
    expect((await broken.closed).code).toBe(1006);
    expect(app.logs.messages('error').join()).toContain('of a write');
    expect(await recorder.release()).toEqual([]);
  });

  it.each(['handler', 'app', 'idle timeout'])(
    'of the raw socket in a close by the %s ends that connection, and is logged once',
    async (closer) => {
      const app = await start(closer === 'idle timeout' ? { forRoot: { idleTimeout: 100 } } : {});
      const client = await app.connect('/chat');
      client.send('break its close');
      await client.text();
      if (closer === 'handler') client.send('close');
      if (closer === 'app') await app.close();
      expect((await client.closed).code).toBe(1006);
      expect(app.logs.messages('error')).toHaveLength(1);
      expect(app.logs.messages('error')[0]).toContain('of a close');
      expect(await recorder.release()).toEqual([]);
    },
  );

  it('of the client of a gateway in a close ends that client, and app.close() resolves', async () => {
    const app = await start();
    const [client, other] = [await app.connect('/gateway'), await app.connect('/gateway')];
    client.send(JSON.stringify({ event: 'break its close' }));
    expect(await client.text()).toBe('{"event":"broken"}');
    await app.close();
    expect((await client.closed).code).toBe(1006);
    expect((await other.closed).code).toBe(1001);
    expect(app.logs.messages('error').join()).toContain('of a close');
    expect(await recorder.release()).toEqual([]);
  });

  it.each(['drain', 'timeout'])(
    'for %s of a response in front of an upgrade ends that socket',
    async (event) => {
      const held = new HeldRequests();
      const app = await start({ configure: (nest) => held.install(nest) });
      const client = await app.raw();
      client.pause();
      // In one packet, so that the upgrade waits before the response begins.
      const get = Buffer.from('GET /held HTTP/1.1\r\nHost: a\r\n\r\n');
      client.write(Buffer.concat([get, composeUpgrade('a', '/chat')]));
      const { response } = await held.at('/held');
      response.on(event, () => {
        throw new Error(`of a listener for ${event}`);
      });
      response.setTimeout(event === 'timeout' ? 20 : 0);
      // More than the kernel takes at once: then Node itself would emit the event, and not here.
      response.write(Buffer.alloc(16 * 1024 * 1024));
      if (event === 'drain') client.resume();
      await eventually(() => expect(response.destroyed).toBe(true), 'the socket to be cut');
      expect(app.logs.messages('error').join()).toContain(`of a listener for ${event}`);
      await expect(app.connect('/chat')).resolves.toBeDefined();
      expect(await recorder.release()).toEqual([]);
    },
  );

  it('for requests that are aborted ends that socket', async () => {
    const held = new HeldRequests();
    const app = await start({ configure: (nest) => held.install(nest) });
    const client = await app.raw();
    client.upgrade('/held');
    const { request } = await held.at('/held');
    request.on('aborted', () => {
      throw new Error('of a listener for aborted');
    });
    client.resetAndDestroy();
    await eventually(
      () => expect(app.logs.messages('error').join()).toContain('of a listener for aborted'),
      'the fault to be logged',
    );
    await expect(app.connect('/chat')).resolves.toBeDefined();
    expect(await recorder.release()).toEqual([]);
  });

  it('for connections ends the socket of a request that is handed back', async () => {
    const app = await start({
      forRoot: { handshakeTimeout: 50 },
      configure: (nest) => void httpServerOf(nest).on('upgrade', () => undefined),
    });
    const seen = new Set<unknown>();
    app.server.on('connection', (socket) => {
      if (seen.has(socket)) throw new Error('of a listener for connections');
      seen.add(socket);
    });
    const client = await app.raw();
    client.upgrade('/elsewhere', { headers: [['Upgrade', 'h2c']] });
    await client.ended;
    expect(app.logs.messages('error').join()).toContain('of a listener for connections');
    expect(await recorder.release()).toEqual([]);
  });

  it('for upgrades of another stack ends that socket', async () => {
    const app = await start({
      configure: (nest) => {
        httpServerOf(nest).on('upgrade', () => {
          throw new Error('of a listener for upgrades');
        });
      },
    });
    const client = await app.raw();
    client.upgrade('/elsewhere');
    await client.ended;
    expect(app.logs.messages('error').join()).toContain('of a listener for upgrades');
    await expect(app.connect('/chat')).resolves.toBeDefined();
    expect(await recorder.release()).toEqual([]);
  });
});
