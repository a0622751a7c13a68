import { Body, Controller, Injectable, UnauthorizedException, UseGuards } from '@nestjs/common';
import type { CanActivate } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { WsException } from '@nestjs/websockets';
import * as Sentry from '@sentry/nestjs';
import { SentryGlobalFilter, SentryModule } from '@sentry/nestjs/setup';
import { WebSocket } from 'nestjs-revali-ws';
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { closeApps, connect, eventually, platforms, start } from './app.js';

const reported: string[] = [];

Sentry.init({
  dsn: 'https://public@127.0.0.1/1',
  sendClientReports: false,
  beforeSend: ({ exception }) => {
    reported.push(exception?.values?.[0]?.value ?? 'nothing');
    // Not sent.
    return null;
  },
});

@Injectable()
class Deny implements CanActivate {
  canActivate(): boolean {
    throw new UnauthorizedException('Who are you?');
  }
}

function fail(message: string): never {
  if (message === 'ws') throw new WsException('not so');
  throw new Error(message);
}

@Controller()
class ChatController {
  @WebSocket('close')
  close(@Body() message: string): void {
    fail(message);
  }

  @WebSocket('reply', { errors: 'reply' })
  reply(@Body() message: string): void {
    fail(message);
  }

  @WebSocket('members')
  @UseGuards(Deny)
  members(): void {}
}

for (const platform of platforms) {
  describe(`@sentry/nestjs with its global filter on ${platform}`, () => {
    beforeEach(() => void reported.splice(0));
    afterEach(closeApps);

    const startReporting = () =>
      start({
        platform,
        imports: [SentryModule.forRoot()],
        providers: [{ provide: APP_FILTER, useClass: SentryGlobalFilter }],
        controllers: [ChatController],
      });

    it('reports an error, of which the client learns by the policy', async () => {
      const app = await startReporting();
      const closed = await connect(app, '/close');
      closed.send('first');
      assert.deepEqual(await closed.closed, { code: 1011, reason: 'Internal server error' });
      const open = await connect(app, '/reply');
      open.send('second');
      assert.deepEqual(await open.json(), {
        error: { statusCode: 500, message: 'Internal server error' },
      });
      await eventually(() => assert.deepEqual(reported, ['first', 'second']));
      await open.close();
    });

    it('lets a WsException through', async () => {
      const socket = await connect(await startReporting(), '/close');
      socket.send('ws');
      assert.deepEqual(await socket.closed, { code: 1008, reason: 'not so' });
    });

    it('leaves refusals to Nest, and reports none of them', async () => {
      await assert.rejects(connect(await startReporting(), '/members'), {
        status: 401,
        body: { statusCode: 401, message: 'Who are you?', error: 'Unauthorized' },
      });
      assert.deepEqual(reported, []);
    });
  });
}
