import {
  Body,
  Controller,
  UnauthorizedException,
  UseGuards,
  type CanActivate,
  type ExecutionContext,
} from '@nestjs/common';
import { WebSocket } from 'nestjs-revali-ws';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { startApp } from '../../support/apps/app-factory.js';
import { eventually, sleep, within } from '../../support/deadline.js';
import { close, ping, text, times } from '../../support/raw/frames.js';
import { unhandled } from '../../support/faults/leaks.js';
import type { Next } from '../../support/apps/middleware.js';
import { platforms, type Platform } from '../../support/apps/platforms.js';
import { encodeFrame } from '../../support/raw/raw-frame.js';
import type { RawClient } from '../../support/raw/raw-client.js';
import type { RawUpgrade } from '../../support/raw/raw-upgrade.js';
import { nestBody, refusedUpgrade } from '../../support/raw/refused-upgrade.js';
import { closeAllApps, type RunningApp } from '../../support/apps/running-app.js';
import { transmit } from '../../support/raw/sent.js';
import { watch } from '../../support/raw/sights.js';

const ran: string[] = [];

/** Takes long enough for early frames to arrive, and leaves a cookie that nobody shall get. */
class RefusingGuard implements CanActivate {
  async canActivate(context: ExecutionContext): Promise<boolean> {
    context
      .switchToHttp()
      .getResponse<{ header(name: string, value: string): void }>()
      .header('Set-Cookie', 'session=secret');
    await sleep(30);
    throw new UnauthorizedException('No token');
  }
}

@UseGuards(RefusingGuard)
@Controller()
class ChatController {
  @WebSocket('chat', { triggerOnConnect: true, idleTimeout: 200, protocols: ['chat'] })
  chat(@Body() message: string): string {
    ran.push(message);
    return 'let in';
  }
}

const CLOSED = 'close 4401 "No token"';

function start(platform: Platform, closeTimeout = 300): Promise<RunningApp> {
  return startApp(platform, {
    controllers: [ChatController],
    forRoot: { refusal: 'close', closeTimeout, ping: 50 },
  });
}

describe.each(platforms)(
  'the socket of a client refused with a close frame on $name',
  (platform) => {
    afterEach(closeAllApps);
    beforeEach(() => {
      ran.length = 0;
    });

    it('is opened by the book, with nothing of the refused answer in the 101', async () => {
      const app = await start(platform);
      const client = await app.raw();
      client.upgrade('/chat');
      const { status, headers } = await client.response();
      expect(status).toBe(101);
      expect(Object.keys(headers).toSorted()).toEqual([
        'connection',
        'sec-websocket-accept',
        'upgrade',
      ]);
      expect(await watch(client, [CLOSED])).toEqual([CLOSED]);
    });

    it('ignores what the client sent before it knew', async () => {
      const app = await start(platform);
      const client = await app.raw();
      const early = Buffer.concat([encodeFrame(text('early')), encodeFrame(ping('early'))]);
      client.upgrade('/chat', { extraBytes: early });
      await client.response();
      for (const sent of [text('late'), ping('late'), times(1000, text('late'))])
        transmit(client, sent);
      transmit(client, close(1000));
      expect(await watch(client, [CLOSED, 'gone'])).toEqual([CLOSED, 'gone']);
      expect(ran).toEqual([]);
    });

    it('ignores a frame that came in part before the refusal and in part after it', async () => {
      const app = await start(platform, 60_000);
      const client = await app.raw();
      // Without its head, the rest would be taken for the head of a frame that swallows the close.
      const head = Buffer.from('828800000000', 'hex');
      const rest = Buffer.from('82feffff00000000', 'hex');
      client.upgrade('/chat', { extraBytes: head });
      await client.response();
      client.write(rest);
      client.frame(close(4401));
      expect(await watch(client, [CLOSED])).toEqual([CLOSED]);
      expect(await client.ended).toEqual({ kind: 'end' });
    });

    it('is not pinged', async () => {
      const app = await start(platform);
      const client = await app.raw();
      client.upgrade('/chat');
      await client.response();
      expect(await watch(client, [CLOSED])).toEqual([CLOSED]);
      await client.expectNothing(150);
    });

    it('is cut where the client does not answer the close', async () => {
      const app = await start(platform);
      const client = await app.raw();
      client.upgrade('/chat');
      await client.response();
      expect(await watch(client, [CLOSED, 'gone'])).toEqual([CLOSED, 'gone']);
      expect(ran).toEqual([]);
    });

    it('is refused over HTTP where too many refused clients stay', async () => {
      const limit = 3;
      const app = await startApp(platform, {
        controllers: [ChatController],
        forRoot: { refusal: 'close', maxPendingHandshakes: limit, closeTimeout: 60_000 },
      });
      const stay = async (): Promise<RawClient> => {
        const client = await app.raw();
        client.upgrade('/chat');
        expect((await client.response()).status).toBe(101);
        return client;
      };
      const [first] = [await stay(), await stay(), await stay()];
      for (const path of ['/chat', '/nowhere']) {
        const { status, body } = await refusedUpgrade(app, path);
        const expected =
          path === '/chat'
            ? { statusCode: 401, message: 'No token' }
            : { statusCode: 404, message: 'Cannot GET /nowhere' };
        expect(JSON.parse(body)).toEqual(expected);
        expect(status).toBe(expected.statusCode);
      }
      first.frame(close(4401));
      await first.ended;
      await eventually(stay, 'room for another');
    });

    it('is not waited for by app.close()', async () => {
      const app = await start(platform, 60_000);
      const client = await app.raw();
      client.upgrade('/chat');
      expect((await client.response()).status).toBe(101);
      await within(app.close(), 'the application to close', 5_000);
      expect(await watch(client, [CLOSED, 'gone'])).toEqual([CLOSED, 'gone']);
    });

    it('is shown to middleware as any other', async () => {
      const seen: unknown[] = [];
      const app = await startApp(platform, {
        controllers: [ChatController],
        forRoot: { refusal: 'close' },
        configure: (nest) => {
          nest.use((request: IncomingMessage, response: ServerResponse, next: Next) => {
            response.setTimeout(30_000);
            const { socket } = response;
            seen.push(socket?.remoteAddress, socket?.remotePort === request.socket.remotePort);
            seen.push(socket?.setNoDelay(true) === socket);
            next();
          });
        },
      });
      const client = await app.raw();
      client.upgrade('/chat');
      expect((await client.response()).status).toBe(101);
      expect(await watch(client, [CLOSED])).toEqual([CLOSED]);
      expect(seen).toEqual(['127.0.0.1', true, true]);
    });

    it('is closed with the text of the status where the answer is a large file', async () => {
      const sent = { chunks: 0 };
      const app = await startApp(platform, {
        controllers: [ChatController],
        forRoot: { refusal: 'close' },
        configure: (nest) => {
          nest.use((_request: IncomingMessage, response: ServerResponse) => {
            response.statusCode = 418;
            for (; sent.chunks < 64; sent.chunks += 1) response.write(Buffer.alloc(16 * 1024, 'x'));
            response.end();
          });
        },
      });
      const client = await app.raw();
      client.upgrade('/chat');
      expect((await client.response()).status).toBe(101);
      const expected = `close 4418 "I'm a Teapot"`;
      expect(await watch(client, [expected])).toEqual([expected]);
      expect(sent.chunks).toBe(64);
    });

    it('survives a client that answers with garbage, a reset, or not at all', async () => {
      const recorder = unhandled();
      const app = await start(platform);
      for (const answer of [Buffer.alloc(1000, 0xff), 'RST', 'FIN'] as const) {
        const client = await app.raw();
        client.upgrade('/chat');
        await client.response();
        transmit(client, answer);
        await client.ended;
      }
      const gone = await app.raw();
      gone.upgrade('/chat');
      gone.resetAndDestroy();
      await app.close();
      expect(await recorder.release()).toEqual([]);
      expect(ran).toEqual([]);
    });

    it('has the first of the offered subprotocols, without one browsers would show 1006', async () => {
      const app = await start(platform);
      for (const path of ['/chat', '/nowhere']) {
        const client = await app.connect(path, { protocols: ['first', 'second'] });
        expect(client.protocol).toBe('first');
        expect((await client.closed).code).toBe(path === '/chat' ? 4401 : 4404);
      }
    });

    it.each<[what: string, status: number, upgrade: RawUpgrade]>([
      ['no key', 400, { omit: ['Sec-WebSocket-Key'] }],
      ['no Host', 400, { omit: ['Host'] }],
      ['HTTP/1.0', 400, { httpVersion: '1.0' }],
      ['a POST', 405, { method: 'POST' }],
      ['an old version', 400, { headers: [['Sec-WebSocket-Version', '8']] }],
      ['a bad subprotocol', 400, { headers: [['Sec-WebSocket-Protocol', 'a b']] }],
    ])('is not opened for a malformed upgrade: %s', async (_what, status, upgrade) => {
      const app = await start(platform);
      for (const path of ['/chat', '/nowhere']) {
        expect((await refusedUpgrade(app, path, upgrade)).status).toBe(status);
      }
    });

    it('is not opened for an ambiguous path', async () => {
      const app = await start(platform);
      const response = await refusedUpgrade(app, '//chat');
      expect(JSON.parse(response.body)).toEqual(nestBody(400, 'Ambiguous path'));
    });
  },
);
