import { Body, Controller } from '@nestjs/common';
import { CleanUp, WebSocket } from 'nestjs-revali-ws';

import { startApp } from '../../support/apps/app-factory.js';
import { eventually, sleep } from '../../support/deadline.js';
import { OwnTime } from '../../support/own-time.js';
import { gate } from '../../support/gate.js';
import { activeTimers } from '../../support/faults/leaks.js';
import { transports } from '../../support/apps/transports.js';
import { text } from '../../support/raw/frames.js';
import { Opcode, decodeClose, encodeFrame } from '../../support/raw/raw-frame.js';
import { composeUpgrade } from '../../support/raw/raw-upgrade.js';
import { closeAllApps } from '../../support/apps/running-app.js';
import { settledTimers } from '../../support/faults/settled-timers.js';

describe.each(transports)('limits of a connection on $label', (platform) => {
  afterEach(closeAllApps);

  describe('idleTimeout', () => {
    @Controller()
    class Idle {
      @WebSocket('idle', { idleTimeout: '150ms' })
      @WebSocket('module')
      @WebSocket('feed', { idleTimeout: 150, triggerOnConnect: true })
      @WebSocket('patient', { idleTimeout: 500 })
      echo(@Body() message?: string): string {
        return message ?? 'open';
      }
    }

    it('closes with 1001 a client that sends nothing', async () => {
      const app = await startApp(platform, { controllers: [Idle], forRoot: { idleTimeout: 150 } });
      for (const path of ['idle', 'module', 'feed']) {
        const began = performance.now();
        const client = await app.connect(path);
        expect(await client.closed).toMatchObject({ code: 1001, reason: 'Idle timeout' });
        expect(performance.now() - began).toBeGreaterThan(140);
      }
    });

    it('starts again with each message, and not with a ping', async () => {
      const app = await startApp(platform, { controllers: [Idle] });
      const client = await app.connect('patient');
      for (let message = 0; message < 4; message += 1) {
        await sleep(150);
        client.send('still here');
        await client.text();
      }
      expect(client.isOpen).toBe(true);
      const began = new OwnTime();
      const pinging = setInterval(() => client.ping(), 20);
      expect(await client.closed).toMatchObject({ code: 1001 });
      clearInterval(pinging);
      expect(began.end()).toBeLessThan(1500);
    });
  });

  describe('maxLifetime', () => {
    @Controller()
    class Mortal {
      @WebSocket('mortal', { maxLifetime: 200 })
      echo(@Body() message: string): string {
        return message;
      }
      @WebSocket('slow', { maxLifetime: 300 })
      async slow(@Body() message: string): Promise<string> {
        await sleep(500);
        return message;
      }
    }

    it('closes with 1012 however busy the client is', async () => {
      const app = await startApp(platform, { controllers: [Mortal] });
      const began = performance.now();
      const client = await app.connect('mortal');
      const sending = setInterval(() => client.send('busy'), 10);
      expect(await client.closed).toMatchObject({ code: 1012, reason: 'Lifetime is over' });
      clearInterval(sending);
      expect(performance.now() - began).toBeGreaterThan(190);
      expect(client.received).toBeGreaterThan(2);
    });

    it('lets a call under way finish', async () => {
      const app = await startApp(platform, { controllers: [Mortal] });
      const client = await app.raw();
      // In one piece: its lifetime may be over before it could ask later.
      const question = encodeFrame(text('answered'));
      client.write(Buffer.concat([composeUpgrade('a', '/slow'), question]));
      expect((await client.response()).status).toBe(101);
      expect((await client.nextFrame()).payload.toString()).toBe('answered');
      const { opcode, payload } = await client.nextFrame();
      expect(opcode).toBe(Opcode.close);
      expect(decodeClose(payload)).toMatchObject({ code: 1012 });
    });
  });

  it('their timers end with the connection', async () => {
    @Controller()
    class Timed {
      @WebSocket('timed', { idleTimeout: '1h', maxLifetime: '1h', ping: false })
      echo(@Body() message: string): string {
        return message;
      }
    }
    const app = await startApp(platform, { controllers: [Timed] });
    const before = await settledTimers();
    const clients = await Promise.all(Array.from({ length: 5 }, () => app.connect('timed')));
    await eventually(() => expect(activeTimers()).toBe(before + 10), 'two timers for each');
    for (const client of clients) await client.close();
    await eventually(() => expect(activeTimers()).toBe(before), 'no timer');
  });

  describe('messageRate', () => {
    const seen: string[] = [];
    @Controller()
    class Rated {
      @WebSocket('rated', { messageRate: { limit: 3, per: '300ms' } })
      @WebSocket('hourly', { messageRate: { limit: 3, per: '1h' } })
      @WebSocket('module')
      echo(@Body() message: string): string {
        seen.push(message);
        return message;
      }
      @WebSocket('feed', { mode: 'sendOnly', messageRate: { limit: 3, per: '1h' } })
      feed(signal: AbortSignal): Promise<void> {
        return new Promise((resolve) => signal.addEventListener('abort', () => resolve()));
      }
    }

    it.each(['hourly', 'module'])('closes with 1008 a client above it (%s)', async (path) => {
      seen.length = 0;
      const app = await startApp(platform, {
        controllers: [Rated],
        forRoot: { messageRate: { limit: 3, per: 3_600_000 } },
      });
      const client = await app.connect(path);
      for (const message of ['a', 'b', 'c']) client.send(message);
      for (const message of ['a', 'b', 'c']) expect(await client.text()).toBe(message);
      for (const message of ['d', 'e']) client.send(message);
      expect(await client.closed).toMatchObject({ code: 1008, reason: 'Too many messages' });
      expect(seen).toEqual(['a', 'b', 'c']);
    });

    it('leaves alone a client within it', async () => {
      const app = await startApp(platform, { controllers: [Rated] });
      const client = await app.connect('rated');
      for (let window = 0; window < 2; window += 1) {
        for (const message of ['a', 'b', 'c']) {
          client.send(message);
          expect(await client.text()).toBe(message);
        }
        await sleep(350);
      }
      expect(client.isOpen).toBe(true);
    });

    it('is of one connection, and counts what sendOnly discards', async () => {
      const app = await startApp(platform, { controllers: [Rated] });
      const [first, second] = [await app.connect('rated'), await app.connect('rated')];
      for (const client of [first, second]) {
        for (const message of ['a', 'b', 'c']) client.send(message);
        for (const message of ['a', 'b', 'c']) expect(await client.text()).toBe(message);
      }
      const feed = await app.connect('feed');
      for (let message = 0; message < 4; message += 1) feed.send('a');
      expect(await feed.closed).toMatchObject({ code: 1008 });
    });
  });

  describe('maxPayload', () => {
    @Controller()
    class Sized {
      @WebSocket('small', { maxPayload: 10 })
      @WebSocket('module')
      size(@Body() message: Buffer): number {
        return message.length;
      }
    }

    it.each(['small', 'module'])('closes with 1009 a message above it (%s)', async (path) => {
      const app = await startApp(platform, { controllers: [Sized], forRoot: { maxPayload: 10 } });
      const client = await app.connect(path);
      client.send(Buffer.alloc(10));
      expect(await client.json()).toBe(10);
      client.send(Buffer.alloc(11));
      expect(await client.closed).toMatchObject({ code: 1009 });
      expect(client.received).toBe(1);
    });

    it('is 1 MiB unless told otherwise', async () => {
      const app = await startApp(platform, { controllers: [Sized] });
      const client = await app.connect('module');
      client.send(Buffer.alloc(1024 * 1024));
      expect(await client.json()).toBe(1024 * 1024);
      client.send(Buffer.alloc(1024 * 1024 + 1));
      expect(await client.closed).toMatchObject({ code: 1009 });
    });

    it('counts all fragments of a message together', async () => {
      const app = await startApp(platform, { controllers: [Sized] });
      const client = await app.raw();
      client.upgrade('/small');
      await client.response();
      client.frame({ opcode: Opcode.binary, fin: false, payload: 'aaaaa' });
      client.frame({ opcode: Opcode.ping, payload: 'between' });
      client.frame({ opcode: Opcode.continuation, payload: 'bbbbb' });
      expect((await client.nextFrame()).opcode).toBe(Opcode.pong);
      expect((await client.nextFrame()).payload.toString()).toBe('10');
      client.frame({ opcode: Opcode.binary, fin: false, payload: 'aaaaa' });
      client.frame({ opcode: Opcode.continuation, fin: false, payload: 'bbbbb' });
      client.frame({ opcode: Opcode.continuation, payload: 'c' });
      const close = await client.nextFrame();
      expect(close.opcode).toBe(Opcode.close);
      expect(decodeClose(close.payload).code).toBe(1009);
    });

    it('refuses by the claimed length, before the payload has come', async () => {
      const app = await startApp(platform, { controllers: [Sized] });
      const client = await app.raw();
      client.upgrade('/small');
      await client.response();
      client.frame({ opcode: Opcode.binary, lengthOverride: 1_000_000 });
      expect(decodeClose((await client.nextFrame()).payload).code).toBe(1009);
    });

    it('counts what a compressed message inflates to', async () => {
      const app = await startApp(platform, {
        controllers: [Sized],
        forRoot: { maxPayload: 10_000, perMessageDeflate: { threshold: 0 } },
      });
      const client = await app.connect('module', { perMessageDeflate: { threshold: 0 } });
      client.send(Buffer.alloc(10_000));
      expect(await client.json()).toBe(10_000);
      client.send(Buffer.alloc(1_000_000));
      expect(await client.closed).toMatchObject({ code: 1009 });
    });
  });

  it('clean-ups run when a limit ends the connection', async () => {
    const { open, opened } = gate();
    @Controller()
    class Limited {
      @WebSocket('limited', { idleTimeout: 50, triggerOnConnect: true })
      limited(cleanUp: CleanUp): void {
        cleanUp.add(open);
      }
    }
    const app = await startApp(platform, { controllers: [Limited] });
    const client = await app.connect('limited');
    expect(await client.closed).toMatchObject({ code: 1001 });
    await expect(opened).resolves.toBeUndefined();
  });
});
