// Runs in a network namespace of its own, whose loopback is switched off to cut all its connections at once.
import { execFileSync } from 'node:child_process';

import { Body, Controller } from '@nestjs/common';
import { CleanUp, RevaliWsMetrics, WebSocket, WebSocketMode } from 'nestjs-revali-ws';
import { interval, type Observable } from 'rxjs';

import { startApp } from '../support/apps/app-factory.js';
import { eventually } from '../support/deadline.js';
import { platforms } from '../support/apps/platforms.js';
import { closeAllApps } from '../support/apps/running-app.js';

const HEARTBEAT = { interval: 300, timeout: 300 };
/** After a ping there is one interval to the next, and its timeout. */
const NOTICED_WITHIN = HEARTBEAT.interval + HEARTBEAT.timeout;
/** For two cores with much to do. */
const SLACK = 400;

function loopback(state: 'up' | 'down'): void {
  execFileSync('ip', ['link', 'set', 'lo', state]);
}

describe.each(platforms)('a cut network on $name', (platform) => {
  beforeEach(() => loopback('up'));
  afterEach(async () => {
    loopback('up');
    await closeAllApps();
  });

  it('ends every connection within the heartbeat, whatever its handler does', async () => {
    const ended: string[] = [];
    @Controller()
    class Routes {
      @WebSocket('idle', { triggerOnConnect: true })
      idle(cleanUp: CleanUp): string {
        cleanUp.add(() => ended.push('idle'));
        return 'ready';
      }
      @WebSocket('busy')
      async busy(@Body() message: string, signal: AbortSignal, cleanUp: CleanUp): Promise<void> {
        cleanUp.add(() => ended.push(`busy after ${message}`));
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
        ended.push(`work on ${message}`);
      }
      @WebSocket('feed', { mode: WebSocketMode.sendOnly })
      feed(cleanUp: CleanUp): Observable<number> {
        cleanUp.add(() => ended.push('feed'));
        return interval(20);
      }
    }
    const app = await startApp(platform, {
      controllers: [Routes],
      forRoot: { ping: HEARTBEAT },
    });
    const open = (): number => app.app.get(RevaliWsMetrics).snapshot().connections.open;
    const idle = await app.connect('idle');
    expect(await idle.text()).toBe('ready');
    const feed = await app.connect('feed');
    expect(await feed.text()).toBe('0');
    const busy = await app.connect('busy');
    busy.send('one message');
    const full = await app.connect('busy');
    // More than may wait: the socket is not read any more.
    for (let count = 0; count < 100; count += 1) full.send('many messages');
    await eventually(
      () => expect(app.app.get(RevaliWsMetrics).snapshot().messages.queued).toBeGreaterThan(63),
      'a full queue',
    );
    expect(open()).toBe(4);
    loopback('down');
    await eventually(() => expect(open()).toBe(0), 'the end of all', NOTICED_WITHIN + SLACK);
    expect(ended.toSorted()).toEqual([
      'busy after many messages',
      'busy after one message',
      'feed',
      'idle',
      'work on many messages',
      'work on one message',
    ]);
    loopback('up');
    const next = await app.connect('idle');
    expect(await next.text()).toBe('ready');
  });
});
