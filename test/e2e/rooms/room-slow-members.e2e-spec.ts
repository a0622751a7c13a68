import { Body, Controller } from '@nestjs/common';
import {
  JoinRoom,
  RevaliWsMetrics,
  Rooms,
  WebSocket,
  WebSocketConnection,
  WebSocketRooms,
  type BackpressureOptions,
} from 'nestjs-revali-ws';

import { startApp } from '../../support/apps/app-factory.js';
import { platforms } from '../../support/apps/platforms.js';
import { sizeOf } from '../../support/apps/rooms-app.js';
import { closeAllApps } from '../../support/apps/running-app.js';
import { eventually } from '../../support/deadline.js';

/** More than the buffers of a kernel take, in messages of this size. */
const CHUNK = Buffer.alloc(128 * 1024);
const BURST = 200;

@WebSocketRooms('dropping', { slow: 'drop' })
class DroppingRooms extends Rooms {}

@WebSocketRooms('closing', { slow: 'close' })
class ClosingRooms extends Rooms {}

@WebSocketRooms('waiting', { slow: 'wait' })
class WaitingRooms extends Rooms {}

@WebSocketRooms('plain')
class PlainRooms extends Rooms {}

const backpressure = (policy: BackpressureOptions['policy']): BackpressureOptions => ({
  policy,
  highWaterMark: CHUNK.length,
  timeout: '1m',
  maxWaiting: { messages: 5 },
});

const connections: WebSocketConnection[] = [];

function arrive(text: string | undefined, connection: WebSocketConnection): void {
  if (text === undefined) connections.push(connection);
}

@Controller()
class SlowController {
  @JoinRoom(DroppingRooms, 'a')
  @WebSocket('drop', { backpressure: backpressure('close'), triggerOnConnect: true })
  drop(@Body() text: string | undefined, connection: WebSocketConnection): void {
    arrive(text, connection);
  }

  @JoinRoom(ClosingRooms, 'a')
  @WebSocket('close', { backpressure: backpressure('drop'), triggerOnConnect: true })
  close(@Body() text: string | undefined, connection: WebSocketConnection): void {
    arrive(text, connection);
  }

  @JoinRoom(PlainRooms, 'a')
  @WebSocket('route', { backpressure: backpressure('drop'), triggerOnConnect: true })
  route(@Body() text: string | undefined, connection: WebSocketConnection): void {
    arrive(text, connection);
  }

  @JoinRoom(WaitingRooms, 'a')
  @WebSocket('wait', { backpressure: backpressure('drop'), triggerOnConnect: true })
  wait(@Body() text: string | undefined, connection: WebSocketConnection): void {
    arrive(text, connection);
  }

  @JoinRoom(WaitingRooms, 'a')
  @WebSocket('stall', {
    backpressure: { highWaterMark: CHUNK.length, timeout: 300 },
    triggerOnConnect: true,
  })
  stall(@Body() text: string | undefined, connection: WebSocketConnection): void {
    arrive(text, connection);
  }

  @JoinRoom(PlainRooms, 'a')
  @WebSocket('default', {
    backpressure: { highWaterMark: CHUNK.length, timeout: '1m', maxWaiting: { messages: 5 } },
    triggerOnConnect: true,
  })
  byDefault(@Body() text: string | undefined, connection: WebSocketConnection): void {
    arrive(text, connection);
  }
}

describe.each(platforms)('Slow members of rooms ($name)', (platform) => {
  afterEach(closeAllApps);

  async function enter(path: string, kind: new () => Rooms) {
    connections.length = 0;
    const app = await startApp(platform, {
      controllers: [SlowController],
      providers: [DroppingRooms, ClosingRooms, WaitingRooms, PlainRooms],
    });
    const slow = await app.connect(path);
    await eventually(() => expect(connections).toHaveLength(1), 'the slow one');
    return { app, slow, room: app.app.get(kind).at('a'), connection: connections[0] };
  }

  /** A member that reads, and one that does not, and more for both than the kernel takes. */
  async function burst(path: string, kind: new () => Rooms) {
    const { app, slow, room, connection } = await enter(path, kind);
    const fast = await app.connect(path);
    slow.pause();
    for (let sent = 0; sent < BURST; sent += 1) {
      await room.broadcast(CHUNK);
      await fast.binary();
    }
    return { app, slow, fast, room, connection };
  }

  it.each([
    ['of the kind', 'drop', DroppingRooms],
    ['of the route', 'route', PlainRooms],
  ] as const)("miss messages where the policy %s is 'drop'", async (_whose, path, kind) => {
    const { app, slow, fast, room, connection } = await burst(path, kind);
    expect(sizeOf(room)).toBe(2);
    expect(slow.isOpen).toBe(true);
    slow.resume();
    await eventually(() => expect(connection?.bufferedAmount).toBe(0), 'an empty queue');
    await room.broadcast('end');
    expect(await fast.text()).toBe('end');
    for (let last = await slow.next(); last.isBinary;) last = await slow.next();
    expect(slow.received).toBeLessThan(BURST);
    const { dropped } = app.app.get(RevaliWsMetrics).snapshot().messages;
    expect(dropped).toBe(BURST + 1 - slow.received);
    expect(fast.received).toBe(BURST + 1);
  });

  it('stay where too much never waits at once, however often they fall behind', async () => {
    const { room, slow, connection } = await enter('wait', WaitingRooms);
    if (!connection) throw new Error('nobody');
    let sent = 0;
    for (let round = 0; round < 4; round += 1) {
      slow.pause();
      // Two more than the mark: `maxWaiting` allows for five.
      for (let above = 0; above < 2 && slow.isOpen; sent += 1) {
        if (connection.bufferedAmount > CHUNK.length) above += 1;
        await room.broadcast(CHUNK.subarray(0, CHUNK.length / 8));
        await new Promise((resolve) => setImmediate(resolve));
        expect(sizeOf(room)).toBe(1);
      }
      slow.resume();
      await eventually(() => expect(connection.bufferedAmount).toBe(0), 'an empty queue');
    }
    for (let count = 0; count < sent; count += 1) await slow.binary();
    expect([slow.isOpen, sizeOf(room)]).toEqual([true, 1]);
  });

  it("are closed with 1008 where it is 'wait' and they take nothing for the timeout", async () => {
    const { room, slow, connection } = await enter('stall', WaitingRooms);
    slow.pause();
    for (let sent = 0; sent < BURST && (connection?.bufferedAmount ?? 0) === 0; sent += 1) {
      await room.broadcast(CHUNK);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await eventually(() => expect(sizeOf(room)).toBe(0), 'nobody');
    slow.resume();
    expect(await slow.closed).toMatchObject({ code: 1008, reason: 'Slow consumer' });
  });

  it.each([
    ["are closed with 1008 where the policy of the kind is 'close'", 'close', ClosingRooms],
    ["are closed with 1008 where it is 'wait' and too much waits", 'wait', WaitingRooms],
    ['are closed with 1008 where nothing is said and too much waits', 'default', PlainRooms],
  ] as const)('%s', async (_how, path, kind) => {
    const { slow, fast, room } = await burst(path, kind);
    await eventually(() => expect(sizeOf(room)).toBe(1), 'one member');
    slow.resume();
    expect(await slow.closed).toMatchObject({ code: 1008, reason: 'Slow consumer' });
    await room.broadcast('end');
    expect(await fast.text()).toBe('end');
    expect(slow.received).toBeLessThan(BURST);
  });
});
