import { Body, Controller } from '@nestjs/common';
import { WebSocket } from 'nestjs-revali-ws';
import { connect, ConnectionClosedException } from 'nestjs-revali-ws/testing';
import { eventually } from '../../support/deadline.js';
import { gate, type Gate } from '../../support/gate.js';
import { controllerOf, ITEM_SIZE, ITEMS, Outpour } from '../../support/apps/outpour.js';
import {
  closeOpenedApps,
  openApp,
  reaches,
  withoutPort,
} from '../../support/apps/testing-kit-app.js';

let busy: Gate;
let handled = 0;

@Controller('slow')
class SlowController {
  @WebSocket('server')
  async take(@Body() _message: Buffer): Promise<void> {
    await busy.opened;
    handled += 1;
  }
}

describe.each(reaches)('back-pressure on $label', (reach) => {
  const slowServer = () =>
    openApp(reach, { controllers: [SlowController], forRoot: { maxQueuedMessages: 2 } });
  /** More than is kept on the way. */
  const flood = reach.hasPort ? ITEMS : 20;
  const outpour = new Outpour();

  beforeEach(() => {
    busy = gate();
    handled = 0;
    outpour.produced = 0;
    outpour.ended = 0;
  });
  afterEach(async () => {
    busy.open();
    await closeOpenedApps();
  });

  it('of a slow server holds drain() back until the server reads on', async () => {
    const socket = await connect(await slowServer(), '/slow/server');
    for (let sent = 0; sent < flood; sent += 1) socket.send(Buffer.alloc(ITEM_SIZE));
    const total = flood * ITEM_SIZE;
    socket.timeout = 100;
    await expect(socket.drain()).rejects.toThrow(
      /^\/slow\/server: waited 100 ms for the server to read what was sent \(\d{6,} bytes wait\)\. Arrived instead: nothing\.$/,
    );
    expect(socket.socket.bufferedAmount).toBeLessThan(total);
    busy.open();
    socket.timeout = 5000;
    await socket.drain();
    expect(socket.socket.bufferedAmount).toBe(0);
    await eventually(() => expect(handled).toBe(flood), 'all messages to be handled', 5000);
  });

  it('of a server that reads lets drain() through at once', async () => {
    busy.open();
    const socket = await connect(await slowServer(), '/slow/server');
    await socket.drain();
    socket.send(Buffer.alloc(10));
    await socket.drain();
    expect(socket.socket.bufferedAmount).toBe(0);
  });

  it('ends with the connection', async () => {
    const socket = await connect(await slowServer(), '/slow/server');
    for (let sent = 0; sent < flood; sent += 1) socket.send(Buffer.alloc(ITEM_SIZE));
    const draining = socket.drain().catch((error: unknown) => error);
    await socket.terminate();
    expect(await draining).toBeInstanceOf(ConnectionClosedException);
    await expect(socket.drain()).rejects.toThrow(
      '/slow/server: waited for the server to read what was sent. ' +
        'Arrived instead: the end of the connection without a close frame (1006).',
    );
  });

  it('of a client that pauses lets the server wait, and nothing is lost', async () => {
    const controllers = [controllerOf(outpour, { highWaterMark: ITEM_SIZE, timeout: 10_000 })];
    const socket = await connect(await openApp(reach, { controllers }), '/async-generator');
    socket.pause();
    socket.send('go');
    await eventually(() => expect(outpour.bufferedAmount).toBeGreaterThanOrEqual(ITEM_SIZE), 'it');
    expect(outpour.produced).toBeLessThan(ITEMS);
    socket.resume();
    for (let item = 0; item < ITEMS; item += 1) {
      expect((await socket.binary()).readUInt32BE()).toBe(item);
    }
  });

  it('of a client that stays paused makes a slow consumer of it', async () => {
    const controllers = [controllerOf(outpour, { highWaterMark: ITEM_SIZE, policy: 'close' })];
    const socket = await connect(await openApp(reach, { controllers }), '/observable');
    socket.pause();
    socket.send('go');
    await eventually(() => expect(outpour.ended).toBe(1), 'the stream to be given up', 5000);
    expect(outpour.produced).toBeLessThan(ITEMS);
    socket.resume();
    expect(await socket.closed).toEqual({ code: 1008, reason: 'Slow consumer' });
  });
});

it('has little to hide without a port: neither side keeps more than 128 KiB for the other', async () => {
  const [reach] = withoutPort;
  if (!reach) throw new Error('every platform has a port');
  const outpour = new Outpour();
  const controllers = [controllerOf(outpour, { highWaterMark: ITEM_SIZE, timeout: 10_000 })];
  const socket = await connect(await openApp(reach, { controllers }), '/async-generator');
  socket.pause();
  socket.send('go');
  await eventually(() => expect(outpour.bufferedAmount).toBeGreaterThanOrEqual(ITEM_SIZE), 'it');
  expect(outpour.produced).toBeLessThanOrEqual(5);
  socket.resume();
  await socket.terminate();
  await closeOpenedApps();
});
