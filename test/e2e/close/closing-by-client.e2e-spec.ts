import { Body, Controller } from '@nestjs/common';
import { MessageBody, SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import {
  CleanUp,
  CloseWebSocket,
  RevaliWsMetrics,
  WebSocket,
  WebSocketConnection,
  type WebSocketObserver,
} from 'nestjs-revali-ws';
import { constants, deflateRawSync } from 'node:zlib';
import { interval, type Observable } from 'rxjs';

import { startApp } from '../../support/apps/app-factory.js';
import { eventually, sleep, within } from '../../support/deadline.js';
import { OwnTime } from '../../support/own-time.js';
import { close, continuation, text } from '../../support/raw/frames.js';
import { gate, type Gate } from '../../support/gate.js';
import { startGateways } from '../../support/apps/gateways/app.js';
import { ObserverLog } from '../../support/records/observer-log.js';
import { transports } from '../../support/apps/transports.js';
import type { RawClient } from '../../support/raw/raw-client.js';
import { decodeClose, encodeFrame, Opcode, type FrameToSend } from '../../support/raw/raw-frame.js';
import { closeAllApps, type RunningApp } from '../../support/apps/running-app.js';
import { tlsFixture } from '../../support/apps/tls-fixture.js';

const bytesOf = (frames: readonly FrameToSend[]): Buffer => Buffer.concat(frames.map(encodeFrame));

/** Compressed messages that can be read alone (RFC 7692, section 7.1.1). */
const ALONE = 'permessage-deflate; client_no_context_takeover; server_no_context_takeover';

/** Without the four bytes that the receiver adds (RFC 7692, section 7.2.1). */
function deflated(content: string): Buffer {
  return deflateRawSync(content, { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -4);
}

interface Line {
  readonly isSecure?: boolean;
  readonly extensions?: string;
}

async function open(app: RunningApp, path: string, line: Line = {}): Promise<RawClient> {
  const { isSecure = false, extensions } = line;
  const client = await app.raw({ allowHalfOpen: true, isSecure });
  client.upgrade(path, extensions ? { headers: [['Sec-WebSocket-Extensions', extensions]] } : {});
  expect((await client.response()).status).toBe(101);
  return client;
}

/** What comes until the close frame, and that. */
async function answersOf(client: RawClient): Promise<(string | number)[]> {
  const seen: (string | number)[] = [];
  for (;;) {
    const { opcode, payload } = await client.nextFrame();
    if (opcode === Opcode.close) return [...seen, decodeClose(payload).code];
    if (opcode === Opcode.text) seen.push(payload.toString());
  }
}

const three = [text('a'), text('b'), text('c')];

interface Way {
  readonly how: string;
  readonly send: (client: RawClient) => Promise<void> | void;
}

const ways: readonly Way[] = [
  {
    how: 'in one packet',
    send: (client) => client.write(bytesOf([...three, close(4321, 'Bye')])),
  },
  {
    how: 'in a packet each',
    send: async (client) => {
      for (const frame of [...three, close(4321, 'Bye')]) {
        client.frame(frame);
        await sleep(5);
      }
    },
  },
  {
    how: 'a byte at a time',
    send: async (client) => {
      for (const byte of bytesOf([...three, close(4321, 'Bye')])) {
        client.write(Uint8Array.of(byte));
        await new Promise(setImmediate);
      }
    },
  },
  {
    how: 'with fragments',
    send: (client) =>
      client.write(
        bytesOf([
          text('a'),
          text('', { fin: false }),
          continuation('b'),
          text('c'),
          close(4321, 'Bye'),
        ]),
      ),
  },
  {
    how: 'with a FIN at once',
    send: (client) => {
      client.write(bytesOf([...three, close(4321, 'Bye')]));
      client.end();
    },
  },
  {
    how: 'with two close frames',
    send: (client) => client.write(bytesOf([...three, close(4321, 'Bye'), close(4000)])),
  },
];

describe.each(transports)('messages and then a close frame, on $label', (platform) => {
  afterEach(closeAllApps);

  const seen: string[] = [];
  let door: Gate = gate();
  beforeEach(() => {
    seen.length = 0;
    door = gate();
  });

  @Controller()
  class Work {
    @WebSocket('sync')
    @WebSocket('small', { errors: 'reply' })
    sync(@Body() message: string): string {
      seen.push(message);
      return message;
    }
    @WebSocket('slow')
    @WebSocket('together', { concurrency: 2 })
    async slow(@Body() message: string): Promise<string> {
      seen.push(`${message}…`);
      await sleep(30);
      seen.push(message);
      return message;
    }
    @WebSocket('items')
    async *items(@Body() message: string): AsyncGenerator<string> {
      for (let item = 1; item <= 3; item += 1) {
        await sleep(5);
        yield `${message}${item}`;
      }
    }
    @WebSocket('endless')
    endless(@Body() message: string): Observable<number> {
      seen.push(message);
      return interval(1);
    }
    @WebSocket('stuck')
    async stuck(@Body() message: string, signal: AbortSignal): Promise<string> {
      seen.push(message);
      signal.addEventListener('abort', () => seen.push('aborted'));
      await door.opened;
      return message;
    }
    @WebSocket('on-connect', { triggerOnConnect: true })
    async onConnect(@Body() message?: string): Promise<string> {
      if (message === undefined) await door.opened;
      return message ?? 'open';
    }
    @WebSocket('says-bye')
    async saysBye(@Body() message: string, closer: CloseWebSocket): Promise<string> {
      await sleep(20);
      if (message === 'b') closer.close(4000, 'Enough');
      return message;
    }
    @WebSocket('throws')
    async throws(@Body() message: string): Promise<string> {
      seen.push(message);
      await sleep(20);
      if (message === 'b') throw new Error('a fault');
      return message;
    }
    @WebSocket('looks')
    async looks(@Body() message: string, connection: WebSocketConnection): Promise<string> {
      await sleep(20);
      return `${message} ${connection.isOpen} ${connection.signal.aborted}`;
    }
  }

  it.each(ways)('$how are handled and answered, and then the close frame is', async ({ send }) => {
    const app = await startApp(platform, { controllers: [Work] });
    for (const path of ['/sync', '/slow']) {
      const client = await open(app, path);
      await send(client);
      expect(await answersOf(client)).toEqual(['a', 'b', 'c', 4321]);
      client.end();
      await client.ended;
    }
    expect(seen).toEqual(['a', 'b', 'c', 'a…', 'a', 'b…', 'b', 'c…', 'c']);
  });

  it('are handled as many at a time as the route allows', async () => {
    const app = await startApp(platform, { controllers: [Work] });
    const client = await open(app, '/together');
    client.write(bytesOf([...three, close(1000)]));
    expect(await answersOf(client)).toEqual(['a', 'b', 'c', 1000]);
    expect(seen).toEqual(['a…', 'b…', 'a', 'c…', 'b', 'c']);
  });

  it('are handled where more of them come than may wait', async () => {
    const app = await startApp(platform, {
      controllers: [Work],
      forRoot: { maxQueuedMessages: 2, ping: 20 },
    });
    const client = await open(app, '/small');
    const many = Array.from({ length: 40 }, (_item, index) => `message ${index}`);
    client.write(bytesOf([...many.map((message) => text(message)), close()]));
    expect(await answersOf(client)).toEqual([...many, 1005]);
    const slow = await open(app, '/slow');
    slow.write(bytesOf([...many.slice(0, 10).map((message) => text(message)), close(3000)]));
    expect(await answersOf(slow)).toEqual([...many.slice(0, 10), 3000]);
  });

  it.each([1, 8])('are handled where a FIN follows, and only %d may wait', async (limit) => {
    const forRoot = { maxQueuedMessages: limit };
    const app = await startApp(platform, { controllers: [Work], forRoot });
    const many = Array.from({ length: 20 }, (_item, index) => `message ${index}`);
    for (const path of ['/sync', '/together']) {
      const client = await open(app, path);
      client.write(bytesOf([...many.map((message) => text(message)), close(4321)]));
      client.end();
      const answers = await answersOf(client);
      expect(answers).toHaveLength(21);
      expect(answers.at(-1)).toBe(4321);
    }
  });

  it.each([1, 64])(
    'are handled compressed, and with a FIN, where only %d may wait',
    async (limit) => {
      const forRoot = { maxQueuedMessages: limit, perMessageDeflate: true };
      const app = await startApp(platform, { controllers: [Work], forRoot });
      const many = Array.from({ length: 6 }, (_item, index) => `message ${index}`);
      for (const path of ['/sync', '/slow']) {
        const client = await open(app, path, { extensions: ALONE });
        const frames = many.map((message) => text(deflated(message), { rsv: 4 }));
        client.write(bytesOf([...frames, close(4321)]));
        client.end();
        expect(await answersOf(client)).toEqual([...many, 4321]);
      }
    },
  );

  it.each([1, 64])('are handled through TLS with a FIN, where only %d may wait', async (limit) => {
    const app = await startApp(platform, {
      controllers: [Work],
      ...(platform.name === 'express' ? { appOptions: { httpsOptions: tlsFixture } } : {}),
      forRoot: { maxQueuedMessages: limit },
    });
    const many = Array.from({ length: 6 }, (_item, index) => `message ${index}`);
    for (const path of ['/sync', '/slow']) {
      const client = await open(app, path, { isSecure: platform.name === 'express' });
      client.write(bytesOf([...many.map((message) => text(message)), close(4321)]));
      client.end();
      expect(await answersOf(client)).toEqual([...many, 4321]);
    }
  });

  it('are handled when the opening is over', async () => {
    const app = await startApp(platform, { controllers: [Work] });
    const client = await open(app, '/on-connect');
    client.write(bytesOf([...three, close(1000)]));
    await client.expectNothing(30);
    door.open();
    expect(await answersOf(client)).toEqual(['open', 'a', 'b', 'c', 1000]);
  });

  it('are answered with all the items of a stream', async () => {
    const app = await startApp(platform, { controllers: [Work] });
    const client = await open(app, '/items');
    client.write(bytesOf([text('a'), text('b'), close(1000)]));
    expect(await answersOf(client)).toEqual(['a1', 'a2', 'a3', 'b1', 'b2', 'b3', 1000]);
  });

  it('end a stream without an end, one after another, long before closeTimeout', async () => {
    const app = await startApp(platform, { controllers: [Work], forRoot: { closeTimeout: 5000 } });
    const client = await open(app, '/endless');
    client.write(bytesOf([text('a'), text('b'), close(4000)]));
    const began = new OwnTime();
    expect((await answersOf(client)).at(-1)).toBe(4000);
    expect(began.end()).toBeLessThan(4500);
    expect(seen).toEqual(['a', 'b']);
  });

  it('are given up after closeTimeout, and counted', async () => {
    const log = new ObserverLog();
    const app = await startApp(platform, {
      controllers: [Work],
      forRoot: { closeTimeout: 100, observers: [log] },
    });
    const client = await open(app, '/stuck');
    const began = performance.now();
    client.write(bytesOf([...three, close(4321, 'Bye')]));
    expect(await answersOf(client)).toEqual([4321]);
    expect(performance.now() - began).toBeGreaterThan(90);
    expect(await log.outcome()).toMatchObject({
      code: 4321,
      reason: 'Bye',
      initiator: 'client',
      received: 3,
      sent: 0,
    });
    door.open();
    await sleep(20);
    expect(seen).toEqual(['a', 'aborted']);
    expect(app.app.get(RevaliWsMetrics).snapshot().messages).toMatchObject({
      received: 3,
      dropped: 2,
    });
  });

  it('are dropped, and counted, where the network ends', async () => {
    const log = new ObserverLog();
    const app = await startApp(platform, { controllers: [Work], forRoot: { observers: [log] } });
    for (const leave of ['FIN', 'RST'] as const) {
      const client = await open(app, '/stuck');
      client.write(bytesOf(three));
      await eventually(() => expect(seen).toEqual(['a']), 'the first message');
      await eventually(
        () => expect(app.app.get(RevaliWsMetrics).snapshot().messages.queued).toBe(2),
        'the others',
      );
      if (leave === 'FIN') client.end();
      else client.resetAndDestroy();
      await eventually(() => expect(seen).toEqual(['a', 'aborted']), 'the end');
      seen.length = 0;
    }
    expect(log.outcomes.map(({ code, initiator }) => [code, initiator])).toEqual([
      [1006, 'network'],
      [1006, 'network'],
    ]);
    expect(app.app.get(RevaliWsMetrics).snapshot().messages.dropped).toBe(4);
    door.open();
  });

  it('are seen by observers before the echo is sent, with the code of the client', async () => {
    const events: string[] = [];
    const observer: WebSocketObserver = {
      onClose: (_context, { code, initiator, received, sent }) =>
        void events.push(`closed ${code} by ${initiator}: ${received} in, ${sent} out`),
    };
    @Controller()
    class Watched {
      @WebSocket('watched')
      async watched(@Body() message: string, cleanUp: CleanUp): Promise<string> {
        await sleep(10);
        if (message === 'a') cleanUp.add(() => events.push('clean-up'));
        events.push(message);
        return message;
      }
    }
    const app = await startApp(platform, {
      controllers: [Watched],
      forRoot: { observers: [observer] },
    });
    const client = await open(app, '/watched');
    client.write(bytesOf([...three, close(4321)]));
    expect(await answersOf(client)).toEqual(['a', 'b', 'c', 4321]);
    expect(events).toEqual(['a', 'b', 'c', 'closed 4321 by client: 3 in, 3 out', 'clean-up']);
  });

  it('see a connection that is open, and whose signal is not aborted', async () => {
    const app = await startApp(platform, { controllers: [Work] });
    const client = await open(app, '/looks');
    client.write(bytesOf([text('a'), text('b'), close(1000)]));
    expect(await answersOf(client)).toEqual(['a true false', 'b true false', 1000]);
  });

  it.each(['says-bye', 'throws'])(
    'are not started any more once the server wants to close, too (%s)',
    async (path) => {
      const app = await startApp(platform, { controllers: [Work] });
      const client = await open(app, `/${path}`);
      client.write(bytesOf([...three, close(4321)]));
      const answers = path === 'throws' ? ['a', 4321] : ['a', 'b', 4321];
      expect(await answersOf(client)).toEqual(answers);
      if (path === 'throws') expect(seen).toEqual(['a', 'b']);
    },
  );

  it('are dropped where the server has asked for the end before', async () => {
    const app = await startApp(platform, { controllers: [Work] });
    const client = await open(app, '/says-bye');
    client.write(bytesOf([text('b'), text('c')]));
    expect(await answersOf(client)).toEqual(['b', 4000]);
    client.frame(close(4000));
    await client.ended;
  });

  it('are no reason to wait where none is under way', async () => {
    const app = await startApp(platform, { controllers: [Work], forRoot: { closeTimeout: '1h' } });
    const client = await app.connect('on-connect');
    expect(await client.close(4321, 'Bye')).toMatchObject({ code: 4321, wasClean: true });
  });

  it('come through TLS and compression as well', async () => {
    const app = await startApp(platform, {
      controllers: [Work],
      ...(platform.name === 'express' ? { appOptions: { httpsOptions: tlsFixture } } : {}),
      forRoot: { perMessageDeflate: { threshold: 0 }, maxQueuedMessages: 1 },
    });
    const client = await app.connect('slow', {
      perMessageDeflate: { threshold: 0 },
      rejectUnauthorized: false,
    });
    for (const message of ['a', 'b', 'c', 'd']) client.send(message);
    const closed = client.close(4321, 'Bye');
    for (const message of ['a', 'b', 'c', 'd']) expect(await client.text()).toBe(message);
    expect(await closed).toMatchObject({ code: 4321, reason: 'Bye', wasClean: true });
  });

  it('do not keep app.close() from ending in time', async () => {
    const app = await startApp(platform, {
      controllers: [Work],
      forRoot: { shutdownTimeout: 100 },
    });
    const client = await open(app, '/stuck');
    client.write(bytesOf([...three, close(4321)]));
    await eventually(() => expect(seen).toEqual(['a']), 'the first message');
    await within(app.close(), 'the end', 1000);
  });

  describe('to a gateway', () => {
    @WebSocketGateway({ path: '/gateway' })
    class Gateway {
      @SubscribeMessage('slow')
      async slow(@MessageBody() message: string): Promise<unknown> {
        await sleep(20);
        seen.push(message);
        return { event: 'done', data: message };
      }
      @SubscribeMessage('endless')
      endless(): Observable<unknown> {
        return interval(1);
      }
      @SubscribeMessage('stuck')
      async stuck(): Promise<void> {
        await door.opened;
      }
    }
    const call = (event: string, data = ''): FrameToSend => text(JSON.stringify({ event, data }));
    const done = (data: string): string => JSON.stringify({ event: 'done', data });

    it.each([1, 2, 64])(
      'are handled and answered, and then the close frame is, %d at once',
      async (maxQueuedMessages) => {
        const { app } = await startGateways(platform, [Gateway], { maxQueuedMessages });
        const client = await open(app, '/gateway');
        client.write(
          bytesOf([call('slow', 'a'), call('slow', 'b'), call('slow', 'c'), close(4321)]),
        );
        expect(await answersOf(client)).toEqual([done('a'), done('b'), done('c'), 4321]);
      },
    );

    it.each([60, 100])('are handled where a FIN follows at once, all %d of them', async (count) => {
      const { app } = await startGateways(platform, [Gateway]);
      const client = await open(app, '/gateway');
      const many = Array.from({ length: count }, (_item, index) => call('slow', `${index}`));
      client.write(bytesOf([...many, close(4321)]));
      client.end();
      const answers = await answersOf(client);
      expect(answers).toHaveLength(count + 1);
      expect(answers.at(-1)).toBe(4321);
    });

    it('end a stream without an end', async () => {
      const { app } = await startGateways(platform, [Gateway], { closeTimeout: 500 });
      const client = await open(app, '/gateway');
      client.write(bytesOf([call('endless'), call('slow', 'a'), close(1000)]));
      const answers = await answersOf(client);
      expect(answers).toContain(done('a'));
      expect(answers.at(-1)).toBe(1000);
    });

    it('are given up after closeTimeout', async () => {
      const { app } = await startGateways(platform, [Gateway], { closeTimeout: 100 });
      const client = await open(app, '/gateway');
      const began = performance.now();
      client.write(bytesOf([call('stuck'), close(4321)]));
      expect(await answersOf(client)).toEqual([4321]);
      expect(performance.now() - began).toBeGreaterThan(90);
      door.open();
    });
  });
});
