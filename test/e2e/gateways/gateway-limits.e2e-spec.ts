import type { Type } from '@nestjs/common';
import { MessageBody, SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import type { RevaliWsAdapterOptions } from 'nestjs-revali-ws';
import { Observable } from 'rxjs';
import type { WebSocket } from 'ws';

import { eventually } from '../../support/deadline.js';
import { gate, type Gate } from '../../support/gate.js';
import { startGateways } from '../../support/apps/gateways/app.js';
import { gatewayAt, type Reply } from '../../support/apps/gateways/classes.js';
import { platforms } from '../../support/apps/platforms.js';
import { decodeClose, Opcode } from '../../support/raw/raw-frame.js';
import { activeTimers } from '../../support/faults/leaks.js';
import { closeAllApps } from '../../support/apps/running-app.js';
import { settledTimers } from '../../support/faults/settled-timers.js';

const Gateway = gatewayAt(undefined, '/chat');

interface Work {
  started: number;
  socket?: WebSocket;
  readonly door: Gate;
}

function workGateway(work: Work): Type<unknown> {
  @WebSocketGateway({ path: '/work' })
  class WorkGateway {
    handleConnection(client: WebSocket): void {
      work.socket = client;
    }

    @SubscribeMessage('work')
    async work(@MessageBody() data: unknown): Promise<Reply> {
      work.started += 1;
      await work.door.opened;
      return { event: 'done', data };
    }

    @SubscribeMessage('endless')
    endless(): Observable<Reply> {
      work.started += 1;
      return new Observable(() => () => (work.started -= 1));
    }

    @SubscribeMessage('cyclic')
    cyclic(): unknown {
      const value: Record<string, unknown> = {};
      value['self'] = value;
      return value;
    }
  }
  return WorkGateway;
}

describe.each(platforms)('a client of a gateway on $name', (platform) => {
  afterEach(closeAllApps);

  it('is pinged, and stays as long as it answers', async () => {
    const { app } = await startGateways(platform, [Gateway], { ping: 40 });
    const client = await app.connect('/chat');
    for (let ping = 0; ping < 4; ping += 1) await client.nextPing();
    client.sendJson({ event: 'push', data: 1 });
    expect(await client.json()).toEqual({ event: 'pop', data: 1 });
  });

  it('is closed with 1001 where it does not answer', async () => {
    const { app, adapter } = await startGateways(platform, [Gateway], { ping: 40 });
    const client = await app.raw();
    client.upgrade('/chat');
    expect((await client.response()).status).toBe(101);
    expect((await client.nextFrame()).opcode).toBe(Opcode.ping);
    let frame = await client.nextFrame();
    while (frame.opcode === Opcode.ping) frame = await client.nextFrame();
    expect(decodeClose(frame.payload)).toEqual({ code: 1001, reason: 'Heartbeat lost' });
    await client.ended;
    await eventually(() => expect(adapter.snapshot().connections.open).toBe(0), 'no client');
  });

  it('leaves no timer behind', async () => {
    const { app } = await startGateways(platform, [Gateway], {
      ping: '1m',
      idleTimeout: '1m',
      maxLifetime: '1m',
    });
    const before = await settledTimers();
    const client = await app.connect('/chat');
    await eventually(() => expect(activeTimers()).toBeGreaterThanOrEqual(before + 3), 'timers');
    await client.close();
    await eventually(() => expect(activeTimers()).toBeLessThanOrEqual(before), 'none');
  });

  it.each<[string, RevaliWsAdapterOptions, object, number, string]>([
    ['a message too big', { maxPayload: 64 }, {}, 1009, ''],
    ["a message too big for the gateway's own limit", {}, { maxPayload: 64 }, 1009, ''],
    [
      'one message too many',
      { messageRate: { limit: 1, per: '1m' } },
      {},
      1008,
      'Too many messages',
    ],
  ])('is closed for %s', async (_what, options, own, code, reason) => {
    const { app } = await startGateways(
      platform,
      [gatewayAt(undefined, '/chat', 'pop', own)],
      options,
    );
    const client = await app.connect('/chat');
    client.sendJson({ event: 'push', data: 1 });
    expect(await client.json()).toEqual({ event: 'pop', data: 1 });
    client.sendJson({ event: 'push', data: 'x'.repeat(65) });
    expect(await client.closed).toMatchObject({ code, reason });
  });

  it.each<[string, RevaliWsAdapterOptions, number, string]>([
    ['when it is silent for too long', { idleTimeout: 60 }, 1001, 'Idle timeout'],
    ['when its time is over', { maxLifetime: 60 }, 1012, 'Lifetime is over'],
  ])('is closed %s', async (_when, options, code, reason) => {
    const { app } = await startGateways(platform, [Gateway], options);
    const client = await app.connect('/chat');
    expect(await client.closed).toMatchObject({ code, reason });
  });

  it('has at most maxQueuedMessages calls at once, and loses none', async () => {
    const work: Work = { started: 0, door: gate() };
    const { app } = await startGateways(platform, [workGateway(work)], { maxQueuedMessages: 3 });
    const client = await app.connect('/work');
    for (let n = 0; n < 50; n += 1) client.sendJson({ event: 'work', data: n });
    await eventually(() => expect(work.started).toBe(3), 'three calls');
    await client.expectNothing(60);
    expect(work.started).toBe(3);
    expect(work.socket?.isPaused).toBe(true);
    work.door.open();
    for (let n = 0; n < 50; n += 1) expect(await client.json()).toEqual({ event: 'done', data: n });
    await eventually(() => expect(work.socket?.isPaused).toBe(false), 'it to be read again');
  });

  it('may have as many streams as it likes, and they end with it', async () => {
    const work: Work = { started: 0, door: gate() };
    const { app } = await startGateways(platform, [workGateway(work)], { maxQueuedMessages: 3 });
    const client = await app.connect('/work');
    for (let n = 0; n < 10; n += 1) client.sendJson({ event: 'endless' });
    await eventually(() => expect(work.started).toBe(10), 'ten streams');
    await client.close();
    await eventually(() => expect(work.started).toBe(0), 'the streams to end');
  });

  it('is closed with 1011 for a result that has no JSON form, and the others stay', async () => {
    const work: Work = { started: 0, door: gate() };
    const { app } = await startGateways(platform, [workGateway(work)]);
    const [client, other] = [await app.connect('/work'), await app.connect('/work')];
    client.sendJson({ event: 'cyclic' });
    expect(await client.closed).toMatchObject({ code: 1011, reason: 'Internal server error' });
    expect(app.logs.messages('error').join()).toMatch(/cannot be serialized/);
    expect(other.isOpen).toBe(true);
  });

  it('sends what is for nobody: counted, and logged at debug only', async () => {
    const { app, adapter } = await startGateways(platform, [Gateway]);
    const client = await app.connect('/chat');
    app.logs.clear();
    const frames = ['{', 'null', '5', '{"data":1}', '{"event":"a\\u001b[2Jb"}', '{"event":{}}'];
    for (const frame of frames) client.send(frame);
    client.send(Buffer.from([255]));
    client.send('{"event":"push","data":{"__proto__":{"isAdmin":true}}}');
    client.sendJson({ event: 'push', data: 1 });
    expect(await client.json()).toEqual({ event: 'pop', data: 1 });
    expect(adapter.snapshot().messages).toMatchObject({
      received: 9,
      sent: 1,
      undecodable: 6,
      unknown: 2,
    });
    // Of each kind one in a while.
    expect(app.logs.entries.map(({ level }) => level)).toEqual(['debug', 'debug']);
    expect(app.logs.messages().join()).not.toContain('\u001b');
  });

  it('breaks the protocol: logged at debug only', async () => {
    const { app } = await startGateways(platform, [Gateway]);
    const client = await app.raw();
    client.upgrade('/chat');
    await client.response();
    app.logs.clear();
    client.write(Buffer.from([0xff, 0xff, 0xff]));
    await client.ended;
    await eventually(() => expect(app.logs.at('debug')).toHaveLength(1), 'a debug line');
    expect(app.logs.entries.map(({ level }) => level)).toEqual(['debug']);
  });
});
