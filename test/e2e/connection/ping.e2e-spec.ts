import { Body, Controller } from '@nestjs/common';
import { WebSocket } from 'nestjs-revali-ws';
import { NEVER } from 'rxjs';

import { startApp } from '../../support/apps/app-factory.js';
import { eventually } from '../../support/deadline.js';
import { gate } from '../../support/gate.js';
import { activeTimers } from '../../support/faults/leaks.js';
import { transports } from '../../support/apps/transports.js';
import { Opcode, decodeClose } from '../../support/raw/raw-frame.js';
import { closeAllApps } from '../../support/apps/running-app.js';
import { settledTimers } from '../../support/faults/settled-timers.js';

@Controller()
class Pinged {
  @WebSocket('default')
  @WebSocket('number', { ping: 40 })
  @WebSocket('text', { ping: '40ms' })
  @WebSocket('object', { ping: { interval: '40ms' } })
  @WebSocket('patient', { ping: { interval: 40, timeout: '5s' } })
  @WebSocket.ping('decorator', { ping: '40ms' })
  @WebSocket.ping(['decorator-a', 'decorator-b'], { ping: { interval: 40, timeout: 40 } })
  @WebSocket('silent', { ping: false })
  echo(@Body() message: string): string {
    return message;
  }
}

describe.each(transports)('ping on $label', (platform) => {
  afterEach(closeAllApps);

  it.each(['number', 'text', 'object', 'decorator', 'decorator-a', 'decorator-b'])(
    'each interval the server pings (%s), and a client that answers stays',
    async (path) => {
      const app = await startApp(platform, { controllers: [Pinged] });
      const client = await app.connect(path);
      for (let ping = 0; ping < 4; ping += 1) await client.nextPing();
      expect(client.isOpen).toBe(true);
      client.send('still here');
      expect(await client.text()).toBe('still here');
    },
  );

  it("a route without a ping of its own has the module's", async () => {
    const app = await startApp(platform, { controllers: [Pinged], forRoot: { ping: '40ms' } });
    const client = await app.connect('default');
    await client.nextPing();
    await client.nextPing();
  });

  it('a route with ping: false is never pinged, nor is a module with it', async () => {
    const silent = await startApp(platform, { controllers: [Pinged], forRoot: { ping: 10 } });
    const off = await startApp(platform, { controllers: [Pinged], forRoot: { ping: false } });
    const clients = await Promise.all([silent.connect('silent'), off.connect('default')]);
    const pings = clients.map((client) => client.nextPing(150));
    await expect(pings[0]).rejects.toThrow('waited 150 ms for a ping');
    await expect(pings[1]).rejects.toThrow('waited 150 ms for a ping');
  });

  it('a client that does not answer is closed with 1001, then cut off', async () => {
    const app = await startApp(platform, { controllers: [Pinged] });
    const client = await app.raw();
    client.upgrade('/number');
    await client.response();
    expect((await client.nextFrame()).opcode).toBe(Opcode.ping);
    const frame = await client.nextFrame();
    expect(frame.opcode).toBe(Opcode.close);
    expect(decodeClose(frame.payload).code).toBe(1001);
    // No echo of the close frame was sent, and none was waited for.
    await client.ended;
  });

  it('the pong may take as long as the timeout allows, while further pings go out', async () => {
    const app = await startApp(platform, { controllers: [Pinged] });
    const client = await app.connect('patient', { autoPong: false });
    for (let ping = 0; ping < 5; ping += 1) await client.nextPing();
    expect(client.isOpen).toBe(true);
  });

  it('pings go out during on-connect, while a handler runs, and in sendOnly', async () => {
    const { open, opened } = gate();
    @Controller()
    class Busy {
      @WebSocket('on-connect', { ping: 30, triggerOnConnect: true })
      async onConnect(@Body() message?: string): Promise<string> {
        if (message === undefined) await opened;
        return 'done';
      }
      @WebSocket('handler', { ping: 30 })
      async handler(): Promise<string> {
        await opened;
        return 'done';
      }
      @WebSocket('send-only', { ping: 30, mode: 'sendOnly' })
      sendOnly(): typeof NEVER {
        return NEVER;
      }
    }
    const app = await startApp(platform, { controllers: [Busy] });
    for (const path of ['on-connect', 'handler', 'send-only']) {
      const client = await app.connect(path);
      if (path === 'handler') client.send('go');
      for (let ping = 0; ping < 3; ping += 1) await client.nextPing();
      expect(client.isOpen).toBe(true);
      const dead = await app.connect(path, { autoPong: false });
      if (path === 'handler') dead.send('go');
      expect(await dead.closed).toMatchObject({ code: 1001 });
    }
    open();
  });

  it('a busy client whose frames the server does not read is not held dead', async () => {
    const { open, opened } = gate();
    let handled = 0;
    @Controller()
    class Busy {
      @WebSocket('busy', { ping: 30 })
      async take(): Promise<void> {
        await opened;
        handled += 1;
      }
    }
    const app = await startApp(platform, {
      controllers: [Busy],
      forRoot: { maxQueuedMessages: 1 },
    });
    const client = await app.connect('busy');
    for (let message = 0; message < 10; message += 1) client.send('a');
    for (let ping = 0; ping < 5; ping += 1) await client.nextPing();
    expect(client.isOpen).toBe(true);
    open();
    await eventually(() => expect(handled).toBe(10), 'all messages');
    await client.nextPing();
    expect(client.isOpen).toBe(true);
  });

  it('a stall of the server kills no client', async () => {
    @Controller()
    class Stalling {
      @WebSocket('stall', { ping: 160 })
      stall(): string {
        const end = performance.now() + 800;
        while (performance.now() < end);
        return 'awake';
      }
    }
    const app = await startApp(platform, { controllers: [Stalling] });
    const idle = await app.connect('stall');
    const client = await app.connect('stall');
    await idle.nextPing();
    client.send('sleep');
    expect(await client.text()).toBe('awake');
    await idle.nextPing();
    await client.nextPing();
    expect([idle.isOpen, client.isOpen]).toEqual([true, true]);
  });

  it("a client's ping is answered with its payload, also while a handler runs", async () => {
    const { open, opened } = gate();
    @Controller()
    class Slow {
      @WebSocket('slow')
      async slow(): Promise<void> {
        await opened;
      }
    }
    const app = await startApp(platform, { controllers: [Slow] });
    const client = await app.connect('slow');
    client.ping('one');
    expect((await client.nextPong()).toString()).toBe('one');
    client.send('go');
    client.ping(Uint8Array.of(0, 255));
    expect([...(await client.nextPong())]).toEqual([0, 255]);
    client.ping();
    expect(await client.nextPong()).toHaveLength(0);
    open();
  });

  it('takes one timer for all connections of the same interval', async () => {
    const app = await startApp(platform, { controllers: [Pinged], forRoot: { ping: '1h' } });
    const clients = [await app.connect('default')];
    const before = await settledTimers();
    for (let more = 0; more < 30; more += 1) clients.push(await app.connect('default'));
    expect(activeTimers()).toBe(before);
    for (const client of clients) await client.close();
    await eventually(() => expect(activeTimers()).toBe(before - 1), 'the timer to be gone');
  });
});
