import { Body, Controller } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { CleanUp, CloseWebSocket, RevaliWsAdapter, WebSocket } from 'nestjs-revali-ws';
import {
  connect,
  HandshakeFailedException,
  type ClosedWith,
  type TestWebSocket,
} from 'nestjs-revali-ws/testing';
import { eventually } from '../../support/deadline.js';
import { gate } from '../../support/gate.js';
import { gatewayAt } from '../../support/apps/gateways/classes.js';
import { activeSockets, activeTimers, unhandled } from '../../support/faults/leaks.js';
import { platforms } from '../../support/apps/platforms.js';
import { RecordingLogger } from '../../support/records/recording-logger.js';
import { closeOpenedApps, openApp, reaches } from '../../support/apps/testing-kit-app.js';

const cleaned: string[] = [];
let finish = gate();

@Controller()
class ClosingController {
  @WebSocket('echo', { triggerOnConnect: true })
  echo(@Body() message: string | undefined, cleanUp: CleanUp): string | undefined {
    if (message === undefined) cleanUp.add(() => cleaned.push('echo'));
    return message;
  }

  @WebSocket('end')
  end(closer: CloseWebSocket): void {
    closer.close(4100, 'Enough of this');
  }

  @WebSocket('slow')
  async *slow(): AsyncGenerator<string> {
    yield 'begun';
    await finish.opened;
  }

  @WebSocket('fail')
  fail(): void {
    throw new Error('broken');
  }
}

describe.each(platforms)('closing an application of gateways alone on $name', (platform) => {
  it('leaves nobody to connect to', async () => {
    const compiled = await Test.createTestingModule({ providers: [gatewayAt(undefined, '/live')] })
      .setLogger(new RecordingLogger())
      .compile();
    const app = compiled.createNestApplication(platform.createAdapter());
    app.useWebSocketAdapter(new RevaliWsAdapter(app));
    await app.init();
    await (await connect(app, '/live')).close();
    await app.close();
    await expect(connect(app, '/live')).rejects.toThrow(HandshakeFailedException);
  });
});

describe.each(reaches)('closing on $label', (reach) => {
  const start = () => openApp(reach, { controllers: [ClosingController] });
  beforeEach(() => {
    cleaned.splice(0);
    finish = gate();
  });
  afterEach(closeOpenedApps);

  it('by the client is answered with its own code and reason', async () => {
    const socket = await connect(await start(), '/echo');
    expect(await socket.close(4000, 'Had enough')).toEqual({ code: 4000, reason: 'Had enough' });
    expect(socket.isOpen).toBe(false);
    await eventually(() => expect(cleaned).toEqual(['echo']), 'the clean-up');
  });

  it('by the client has the code 1000 where none is given', async () => {
    const socket = await connect(await start(), '/echo');
    expect(await socket.close()).toEqual({ code: 1000, reason: '' });
  });

  it('by the server gives its code and reason, to whoever asks when', async () => {
    const socket = await connect(await start(), '/end');
    const early = socket.closed;
    socket.send('');
    const expected: ClosedWith = { code: 4100, reason: 'Enough of this' };
    expect(await early).toEqual(expected);
    expect(await socket.closed).toEqual(expected);
    expect(await socket.close()).toEqual(expected);
    expect(await socket.terminate()).toEqual(expected);
  });

  it('for an error of the handler is a 1011', async () => {
    const socket = await connect(await start(), '/fail');
    socket.send('');
    expect(await socket.closed).toEqual({ code: 1011, reason: 'Internal server error' });
  });

  it('by cutting the connection reaches the server', async () => {
    const socket = await connect(await start(), '/echo');
    expect(await socket.terminate()).toEqual({ code: 1006, reason: '' });
    await eventually(() => expect(cleaned).toEqual(['echo']), 'the clean-up');
  });

  it('comes by itself at the end of a scope', async () => {
    const app = await start();
    const useAndDispose = async (): Promise<TestWebSocket> => {
      const socket = await connect(app, '/echo');
      await socket[Symbol.asyncDispose]();
      return socket;
    };
    const socket = await useAndDispose();
    expect(await socket.closed).toEqual({ code: 1000, reason: '' });
    await socket[Symbol.asyncDispose]();
  });

  it('of the application closes all sockets with 1001', async () => {
    const app = await start();
    const sockets = await Promise.all([connect(app, '/echo'), connect(app, '/echo')]);
    const closing = app.close();
    const closes = await Promise.all(sockets.map((socket) => socket.closed));
    expect(closes.map(({ code }) => code)).toEqual([1001, 1001]);
    await closing;
    expect(cleaned).toEqual(['echo', 'echo']);
  });

  it.each(['before', 'never before'])(
    'of the application leaves nobody to connect to, whether somebody was connected or %s',
    async (when) => {
      const app = await start();
      if (when === 'before') await (await connect(app, '/echo')).close();
      await app.close();
      for (const path of ['/echo', '/nowhere']) {
        const failed: unknown = await connect(app, path).catch((error: unknown) => error);
        expect(failed).toBeInstanceOf(HandshakeFailedException);
        expect(failed).toMatchObject({
          message: `${path}: the handshake failed: connect ECONNREFUSED: the application is closed`,
          cause: { code: 'ECONNREFUSED', syscall: 'connect' },
        });
      }
    },
  );

  it('of the application refuses with 503 for as long as calls are running', async () => {
    const app = await start();
    const socket = await connect(app, '/slow');
    socket.send('');
    expect(await socket.text()).toBe('begun');
    const closing = app.close();
    await expect(connect(app, '/echo')).rejects.toMatchObject({ status: 503 });
    finish.open();
    await closing;
    await expect(connect(app, '/echo')).rejects.toThrow(HandshakeFailedException);
  });

  it('leaves neither timer, socket nor rejection behind', async () => {
    const recorder = unhandled();
    const timers = activeTimers();
    const app = await start();
    const [used, cut, left] = await Promise.all([
      connect(app, '/echo', { timeout: 60_000 }),
      connect(app, '/echo', { timeout: 60_000 }),
      connect(app, '/echo', { timeout: 60_000 }),
    ]);
    used.send('hi');
    await used.next();
    await cut.terminate();
    const waits = Promise.allSettled([left.next(), left.json(), left.closed, left.ping('x')]);
    await connect(app, '/nowhere', { timeout: 60_000 }).catch(() => undefined);
    await app.close();
    await waits;
    await eventually(() => expect(activeSockets()).toBe(0), 'no TCP socket');
    await eventually(() => expect(activeTimers()).toBeLessThanOrEqual(timers), 'no timer');
    expect(await recorder.release()).toEqual([]);
  });
});
