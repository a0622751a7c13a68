import type { Type } from '@nestjs/common';
import { SubscribeMessage, WebSocketGateway, WebSocketServer } from '@nestjs/websockets';
import type { BackpressureOptions } from 'nestjs-revali-ws';
import type { Server, WebSocket } from 'ws';

import { eventually, sleep } from '../../support/deadline.js';
import { startGateways } from '../../support/apps/gateways/app.js';
import { platforms, type Platform } from '../../support/apps/platforms.js';
import { closeAllApps } from '../../support/apps/running-app.js';

const SIZE = 64 * 1024;
const MARK = 4 * SIZE;
/** Their answers are more than the kernel takes. */
const ASKED = 300;

class Pouring {
  pulled = 0;
  ended = 0;
  readonly errors: string[] = [];
  socket: WebSocket | undefined;

  async *items(): AsyncGenerator<Buffer> {
    try {
      for (;;) {
        this.pulled += 1;
        const item = Buffer.alloc(SIZE);
        item.writeUInt32BE(this.pulled);
        yield item;
      }
    } finally {
      this.ended += 1;
    }
  }

  broadcast(server: Server | undefined): void {
    for (const client of server?.clients ?? []) {
      client.send(Buffer.alloc(SIZE), (error) => error && this.errors.push(error.message));
    }
  }
}

function gatewayOf(pouring: Pouring): Type<unknown> {
  @WebSocketGateway({ path: '/pour' })
  class PourGateway {
    @WebSocketServer() server: Server | undefined;

    handleConnection(client: WebSocket): void {
      pouring.socket ??= client;
    }

    @SubscribeMessage('stream')
    stream(): AsyncGenerator<Buffer> {
      return pouring.items();
    }

    @SubscribeMessage('answer')
    answer(): Buffer {
      pouring.pulled += 1;
      return Buffer.alloc(SIZE);
    }

    @SubscribeMessage('broadcast')
    broadcast(): void {
      pouring.broadcast(this.server);
    }
  }
  return PourGateway;
}

/** A client that reads nothing, and one that asks for broadcasts. */
async function start(platform: Platform, backpressure: BackpressureOptions) {
  const pouring = new Pouring();
  const { app, adapter } = await startGateways(platform, [gatewayOf(pouring)], {
    backpressure: { highWaterMark: MARK, ...backpressure },
    closeTimeout: 100,
  });
  const slow = await app.connect('/pour');
  const caster = await app.connect('/pour');
  slow.pause();
  const broadcast = async (): Promise<void> => {
    caster.sendJson({ event: 'broadcast' });
    await caster.binary();
  };
  return { pouring, adapter, slow, caster, broadcast };
}

describe.each(platforms)('a client of a gateway that does not read, on $name', (platform) => {
  afterEach(closeAllApps);

  it('has a generator paused at the mark, and gets all of it in the end', async () => {
    const { pouring, slow } = await start(platform, {});
    slow.sendJson({ event: 'stream' });
    const pulled = await eventually(async () => {
      const before = pouring.pulled;
      await sleep(80);
      expect(before).toBeGreaterThan(1);
      expect(pouring.pulled).toBe(before);
      return before;
    }, 'the generator to pause');
    expect(pouring.socket?.bufferedAmount).toBeGreaterThan(MARK);
    expect(pouring.socket?.bufferedAmount).toBeLessThan(MARK + 2 * SIZE);
    slow.resume();
    for (let n = 1; n <= pulled + 5; n += 1) expect((await slow.binary()).readUInt32BE()).toBe(n);
    await slow.close();
    await eventually(() => expect(pouring.ended).toBe(1), 'its finally block');
  });

  it('has no further call started above the mark, and gets every answer in the end', async () => {
    const { pouring, adapter, slow } = await start(platform, {});
    for (let n = 0; n < ASKED; n += 1) slow.sendJson({ event: 'answer' });
    await eventually(() => {
      expect(pouring.socket?.bufferedAmount).toBeGreaterThan(MARK);
    }, 'the mark to be passed');
    await sleep(80);
    expect(pouring.pulled).toBeLessThan(ASKED);
    expect(adapter.snapshot().connections.slowConsumers).toBe(0);
    slow.resume();
    for (let n = 0; n < ASKED; n += 1) expect(await slow.binary()).toHaveLength(SIZE);
    await slow.close();
  });

  it("is closed with 1008 above the mark (policy 'close'), and the reader goes on", async () => {
    const { adapter, slow, broadcast, caster } = await start(platform, { policy: 'close' });
    await eventually(async () => {
      await broadcast();
      expect(adapter.snapshot().connections.slowConsumers).toBe(1);
    }, 'the slow consumer');
    await eventually(() => expect(adapter.snapshot().connections.open).toBe(1), 'one client less');
    await broadcast();
    expect(caster.isOpen).toBe(true);
    slow.resume();
  });

  it("loses messages above the mark (policy 'drop'), which are counted and told to the sender", async () => {
    const { pouring, adapter, slow, broadcast } = await start(platform, { policy: 'drop' });
    await eventually(async () => {
      await broadcast();
      expect(adapter.snapshot().messages.dropped).toBeGreaterThanOrEqual(3);
    }, 'three dropped messages');
    expect(pouring.errors).toHaveLength(adapter.snapshot().messages.dropped);
    expect(pouring.errors[0]).toBe('Not sent: the client reads too slowly');
    expect(pouring.socket?.bufferedAmount).toBeLessThan(MARK + 2 * SIZE);
    expect(slow.isOpen).toBe(true);
  });

  it("has time to read on (policy 'wait'), and is closed with 1008 when it is over", async () => {
    const { adapter, broadcast, pouring } = await start(platform, { timeout: 80 });
    await eventually(async () => {
      await broadcast();
      expect(pouring.socket?.bufferedAmount).toBeGreaterThan(MARK);
    }, 'the mark to be passed');
    await eventually(() => expect(adapter.snapshot().connections.slowConsumers).toBe(1), '1008');
    await eventually(() => expect(adapter.snapshot().connections.open).toBe(1), 'it to be gone');
  });

  it("is closed at 16 marks at the latest (policy 'wait')", async () => {
    const { adapter, broadcast, pouring } = await start(platform, { timeout: '1m' });
    let most = 0;
    await eventually(
      async () => {
        await broadcast();
        most = Math.max(most, pouring.socket?.bufferedAmount ?? 0);
        expect(adapter.snapshot().connections.slowConsumers).toBe(1);
      },
      'the slow consumer',
      8_000,
    );
    expect(most).toBeGreaterThan(15 * MARK);
    expect(most).toBeLessThan(17 * MARK);
  });
});
