import { Body, Controller, Injectable, UseGuards, type CanActivate } from '@nestjs/common';
import { InjectPinoLogger, Logger, LoggerModule, PinoLogger } from 'nestjs-pino';
import { WebSocket } from 'nestjs-revali-ws';
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { ask, closeApps, connect, eventually, platforms, start } from './app.js';

interface Line {
  readonly level: number;
  readonly msg: string;
  readonly context?: string;
  readonly req?: { readonly id: number | string; readonly url: string };
  readonly res?: { readonly statusCode: number };
}

/** A stream that keeps what pino writes. The package has one logger for the whole process. */
class Lines {
  private readonly all: Line[] = [];

  clear(): void {
    this.all.length = 0;
  }

  write(text: string): void {
    this.all.push(JSON.parse(text));
  }

  /** pino-http's own. */
  get ofRequests(): readonly (readonly [url: string | undefined, status: number | undefined])[] {
    return this.all.filter(({ res }) => res).map(({ req, res }) => [req?.url, res?.statusCode]);
  }

  find(msg: string): Line | undefined {
    return this.all.find((line) => line.msg === msg);
  }
}

const lines = new Lines();
const FAULT = 'ChatController.chat(): on purpose';

@Injectable()
class Deny implements CanActivate {
  canActivate(): boolean {
    return false;
  }
}

@Controller()
class ChatController {
  constructor(@InjectPinoLogger() private readonly logger: PinoLogger) {}

  @WebSocket('chat')
  chat(@Body() message: string): string {
    if (message === 'fail') throw new Error('on purpose');
    this.logger.info(`heard ${message}`);
    return message;
  }

  @WebSocket('members')
  @UseGuards(Deny)
  members(@Body() message: string): string {
    return message;
  }
}

for (const platform of platforms) {
  describe(`nestjs-pino on ${platform}`, () => {
    beforeEach(() => lines.clear());
    afterEach(closeApps);

    const startLogged = () =>
      start({
        platform,
        imports: [
          LoggerModule.forRoot({
            pinoHttp: { stream: lines },
            // Its default, `{/*splat}`, matches nothing on Fastify with Nest 12, GETs neither.
            forRoutes: ['{*path}'],
          }),
        ],
        controllers: [ChatController],
        configure: (app) => app.useLogger(app.get(Logger)),
      });

    it('writes one line for a handshake, whatever comes of it', async () => {
      const app = await startLogged();
      const open = await connect(app, '/chat');
      await assert.rejects(connect(app, '/members'), { status: 403 });
      assert.equal((await ask(app, '/nowhere')).status, 404);
      await open.close();
      await eventually(() => assert.ok(lines.ofRequests.length >= 3));
      // Past the last moment at which a second line could come.
      await sleep(100);
      assert.deepEqual(lines.ofRequests, [
        ['/chat', 101],
        ['/members', 403],
        ['/nowhere', 404],
      ]);
    });

    it('names the handshake in what handlers log', async () => {
      const app = await startLogged();
      const [one, two] = [await connect(app, '/chat'), await connect(app, '/chat')];
      one.send('one');
      two.send('two');
      assert.deepEqual([await one.text(), await two.text()], ['one', 'two']);
      one.send('fail');
      await one.closed;
      await eventually(() => assert.ok(lines.find(FAULT)));
      const ids = ['heard one', 'heard two', FAULT].map((msg) => lines.find(msg)?.req?.id);
      assert.notEqual(ids[0], undefined);
      assert.notEqual(ids[0], ids[1]);
      assert.equal(ids[0], ids[2]);
      await two.close();
    });
  });
}
