import type { Type } from '@nestjs/common';
import { SubscribeMessage, WebSocketGateway, WebSocketServer } from '@nestjs/websockets';
import type { IncomingMessage } from 'node:http';
import { from } from 'rxjs';
import type { Server } from 'ws';

import { eventually, within } from '../../support/deadline.js';
import { gate, type Gate } from '../../support/gate.js';
import { startGateways } from '../../support/apps/gateways/app.js';
import { freePort } from '../../support/servers/server.process.js';
import { gatewayAt } from '../../support/apps/gateways/classes.js';
import { httpGet } from '../../support/clients/http.js';
import { platforms } from '../../support/apps/platforms.js';
import { decodeClose, Opcode } from '../../support/raw/raw-frame.js';
import { refusedUpgrade } from '../../support/raw/refused-upgrade.js';
import { closeAllApps } from '../../support/apps/running-app.js';
import { TestClient } from '../../support/clients/test-client.js';

const Gateway = gatewayAt(undefined, '/chat');

type Pass = (isAllowed: boolean) => void;

function workGateway(door: Gate, started: string[], own: object = {}): Type<unknown> {
  @WebSocketGateway({ path: '/work', ...own })
  class WorkGateway {
    @WebSocketServer() server: Server | undefined;

    @SubscribeMessage('work')
    async work(): Promise<unknown> {
      started.push('work');
      await door.opened;
      return { event: 'done' };
    }

    /** Its result takes some turns more. */
    @SubscribeMessage('slow stream')
    async slowStream(): Promise<unknown> {
      started.push('slow stream');
      await door.opened;
      let later = Promise.resolve();
      for (let turn = 0; turn < 20; turn += 1) later = later.then(() => undefined);
      return from(later.then(() => ({ event: 'streamed' })));
    }

    @SubscribeMessage('close the server')
    closeServer(): void {
      this.server?.close();
    }
  }
  return WorkGateway;
}

describe.each(platforms)('app.close() with gateways on $name', (platform) => {
  afterEach(closeAllApps);

  it('cuts a client that does not answer the close frame after closeTimeout', async () => {
    const { app } = await startGateways(platform, [Gateway], { closeTimeout: 80 });
    const client = await app.raw();
    client.upgrade('/chat');
    expect((await client.response()).status).toBe(101);
    const closing = app.close();
    const frame = await client.nextFrame();
    expect(frame.opcode).toBe(Opcode.close);
    expect(decodeClose(frame.payload)).toEqual({ code: 1001, reason: 'Server is shutting down' });
    await within(closing, 'the app to close', 1_000);
  });

  it('cuts a handler that does not end after shutdownTimeout', async () => {
    const started: string[] = [];
    const { app } = await startGateways(platform, [workGateway(gate(), started)], {
      shutdownTimeout: 80,
    });
    const client = await app.connect('/work');
    client.sendJson({ event: 'work' });
    await eventually(() => expect(started).toHaveLength(1), 'the handler');
    await app.close(1_500);
    expect((await client.closed).code).toBe(1001);
    expect(client.received).toBe(0);
  });

  it('sends what a handler returned, although it is not at once there', async () => {
    const started: string[] = [];
    const door = gate();
    const { app } = await startGateways(platform, [workGateway(door, started)]);
    const client = await app.connect('/work');
    client.sendJson({ event: 'slow stream' });
    await eventually(() => expect(started).toHaveLength(1), 'the handler');
    const closing = app.close();
    door.open();
    expect(await client.json()).toEqual({ event: 'streamed' });
    expect(await client.closed).toMatchObject({ code: 1001 });
    await closing;
  });

  it('refuses new clients with 503 while it waits', async () => {
    const started: string[] = [];
    const door = gate();
    const { app } = await startGateways(platform, [workGateway(door, started)]);
    const client = await app.connect('/work');
    client.sendJson({ event: 'work' });
    await eventually(() => expect(started).toHaveLength(1), 'the handler');
    const closing = app.close();
    await eventually(async () => {
      const refused = await refusedUpgrade(app, '/work');
      expect(refused.status).toBe(503);
      expect(refused.headers['retry-after']).toEqual(['5']);
    }, 'the refusal');
    // What comes now is not started any more.
    client.sendJson({ event: 'work' });
    client.ping();
    await client.nextPong();
    door.open();
    expect(await client.json()).toEqual({ event: 'done' });
    await closing;
    expect(await client.closed).toMatchObject({ code: 1001 });
    expect(started).toHaveLength(1);
  });

  it('refuses those whose origin is being judged', async () => {
    const asked: string[] = [];
    const { app } = await startGateways(platform, [Gateway], {
      origins: (origin) => {
        asked.push(origin);
        return new Promise<boolean>(() => undefined);
      },
    });
    const refused = refusedUpgrade(app, '/chat', { headers: [['Origin', 'https://a.io']] });
    await eventually(() => expect(asked).toHaveLength(1), 'the function to be asked');
    await app.close();
    expect((await refused).status).toBe(503);
  });

  it('lets nobody in whom verifyClient passes only then', async () => {
    const passes: (() => void)[] = [];
    const started: string[] = [];
    const door = gate();
    const verifyClient = ({ req }: { req: IncomingMessage }, pass: Pass): void => {
      if (req.url === '/work') pass(true);
      else passes.push(() => pass(true));
    };
    const { app } = await startGateways(platform, [workGateway(door, started, { verifyClient })]);
    const client = await app.connect('/work');
    client.sendJson({ event: 'work' });
    const late = app.connect('/work?late');
    await eventually(() => expect([...started, ...passes]).toHaveLength(2), 'both');
    const closing = app.close();
    await eventually(
      async () => expect((await refusedUpgrade(app, '/work')).status).toBe(503),
      '503',
    );
    passes[0]?.();
    expect(await (await late).closed).toMatchObject({ code: 1001 });
    door.open();
    await closing;
  });

  it('closes servers on ports of their own, which can be listened on again', async () => {
    const port = await freePort();
    for (let n = 0; n < 2; n += 1) {
      const { app } = await startGateways(platform, [
        gatewayAt(port, '/one'),
        gatewayAt(port, '/two'),
      ]);
      const client = await TestClient.connect(`ws://127.0.0.1:${port}/one`);
      await app.close();
      expect(await client.closed).toMatchObject({ code: 1001 });
      await expect(httpGet(port, '/')).rejects.toThrow();
    }
  });

  it('gives the server back as it was', async () => {
    const { app } = await startGateways(platform, [Gateway]);
    const { server } = app;
    await app.close();
    expect(server.listenerCount('upgrade')).toBe(0);
    expect(Object.getOwnPropertySymbols(server).map(String).join()).not.toContain('revali');
  });

  it('goes on where a gateway has closed its server by itself', async () => {
    const { app } = await startGateways(platform, [workGateway(gate(), [])]);
    const client = await app.connect('/work');
    client.sendJson({ event: 'close the server' });
    await eventually(
      async () => expect((await refusedUpgrade(app, '/work')).status).toBe(503),
      '503',
    );
    await app.close();
    expect(await client.closed).toMatchObject({ code: 1001 });
  });

  it('reports a port that is taken, and starts all the same', async () => {
    const { app: first } = await startGateways(platform, [Gateway]);
    const { app } = await startGateways(platform, [gatewayAt(first.port, undefined)]);
    await eventually(
      () => expect(app.logs.messages('error').join()).toContain(`port ${first.port} failed`),
      'the report',
    );
    await app.close();
  });
});
