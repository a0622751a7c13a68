import { Injectable } from '@nestjs/common';
import type { AbstractHttpAdapter } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { Http2Session } from 'node:http2';
import {
  RevaliWsMetrics,
  type ConnectionOutcome,
  type WebSocketObserver,
  type WebSocketObserverContext,
} from 'nestjs-revali-ws';
import type { Browser } from 'playwright-core';
import { launchBrowser } from '../../sample/support/browser.js';
import { overBoth, startHttp2App } from '../support/apps/http2-app.js';
import { closeAllApps, type RunningApp } from '../support/apps/running-app.js';
import { tlsFixture } from '../support/apps/tls-fixture.js';
import { eventually } from '../support/deadline.js';
import { PageController } from './page.controller.js';
import { SocketPage } from './socket-page.js';

const COUNT = 100;
/** Enough for what all of them hear. Chromium opens many at a time only slowly. */
const SOME = 8;

/** How the connections of one application have ended. */
@Injectable()
class Endings implements WebSocketObserver {
  readonly all: ConnectionOutcome[] = [];

  onClose(_context: WebSocketObserverContext, outcome: ConnectionOutcome): void {
    this.all.push(outcome);
  }
}

const overHttp1 = (): AbstractHttpAdapter => new FastifyAdapter({ https: tlsFixture });

/** What a server has seen of its clients. */
class Seen {
  connections = 0;
  readonly sessions = new Set<Http2Session>();

  constructor({ server }: RunningApp) {
    server.on('secureConnection', () => (this.connections += 1));
    server.on('session', (session: Http2Session) => this.sessions.add(session));
  }
}

interface Expected {
  /** Protocol of the page. */
  readonly page: string;
  /** Version of the WebSockets' requests. */
  readonly version: string;
  /** TCP connections that carry the WebSockets. */
  readonly ports: number;
  /** Sessions of HTTP/2. */
  readonly sessions: number;
  /** WebSockets inside HTTP/2. */
  readonly inside: number;
}

const kinds: [name: string, createAdapter: () => AbstractHttpAdapter, expected: Expected][] = [
  ['HTTP/2', overBoth, { page: 'h2', version: '2.0', ports: 1, sessions: 1, inside: COUNT }],
  [
    'HTTP/1.1',
    overHttp1,
    { page: 'http/1.1', version: '1.1', ports: COUNT, sessions: 0, inside: 0 },
  ],
];

describe.each(kinds)('a page over %s in Chromium', (_name, createAdapter, expected) => {
  let browser: Browser;

  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterEach(async () => {
    await Promise.all(browser.contexts().map((context) => context.close()));
    await closeAllApps();
  });
  afterAll(() => browser?.close());

  const start = async (refusal: 'http' | 'close' = 'http') => {
    const app = await startHttp2App(
      {
        controllers: [PageController],
        providers: [Endings],
        forRoot: { refusal, observers: [Endings] },
      },
      createAdapter,
    );
    const seen = new Seen(app);
    return { app, seen, page: await SocketPage.open(browser, app.http('/')) };
  };
  const endings = ({ app }: RunningApp) => app.get(Endings).all;
  const times = (outcome: object) => Array.from({ length: SOME }, () => outcome);

  it('opens 100 WebSockets and hears the echo on each', async () => {
    const { app, seen, page } = await start();
    expect(await page.protocol()).toBe(expected.page);
    await page.openAll('/echo', COUNT);
    const echoes = (await page.echo()).map((echo) => echo.split(' from '));
    expect(echoes.map(([echo]) => echo)).toEqual(
      Array.from({ length: COUNT }, (_, index) => `message ${index} over ${expected.version}`),
    );
    expect(new Set(echoes.map(([, port]) => port)).size).toBe(expected.ports);
    expect(seen.sessions.size).toBe(expected.sessions);
    // The page itself has used one, too.
    expect(seen.connections).toBeGreaterThanOrEqual(expected.ports);
    const { inside } = expected;
    const { open, http2 } = app.app.get(RevaliWsMetrics).snapshot().connections;
    expect(open).toBe(COUNT);
    expect(http2).toEqual(inside > 0 ? { open: inside, total: inside } : undefined);
    if (inside > 0) expect(seen.connections).toBe(1);
  });

  it('hides a refusal, unless it is a close code', async () => {
    const hidden = await start();
    expect(await hidden.page.refused('/refused')).toEqual({
      code: 1006,
      reason: '',
      wasClean: false,
    });
    const shown = await start('close');
    expect(await shown.page.refused('/refused')).toEqual({
      code: 4403,
      reason: 'Forbidden resource',
      wasClean: true,
    });
  });

  it('is told the close code of the server', async () => {
    const { page } = await start();
    await page.openAll('/bye', 1);
    await page.echo().catch(() => undefined);
    expect(await page.closed()).toEqual([{ code: 4321, reason: 'message 0', wasClean: true }]);
  });

  it('tells the server its own close code', async () => {
    const { app, page } = await start();
    await page.openAll('/echo', SOME);
    expect(await page.close(4001, 'tired')).toEqual(
      times({ code: 4001, reason: 'tired', wasClean: true }),
    );
    await eventually(
      () => expect(endings(app)).toMatchObject(times({ code: 4001, reason: 'tired' })),
      'the server to hear of it',
    );
  });

  it('hears 1001 on all when the application closes', async () => {
    const { app, page } = await start();
    await page.openAll('/echo', SOME);
    const [closed] = await Promise.all([page.closed(), app.close()]);
    expect(closed).toMatchObject(times({ code: 1001, reason: 'Server is shutting down' }));
  });
});

describe('a page over HTTP/2 whose connection is cut', () => {
  let browser: Browser;

  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await closeAllApps();
  });

  it('hears 1006 on all WebSockets, and may open them again', async () => {
    const app = await startHttp2App({ controllers: [PageController] }, overBoth);
    const seen = new Seen(app);
    const page = await SocketPage.open(browser, app.http('/'));
    await page.openAll('/echo', SOME);
    for (const session of seen.sessions) session.destroy();
    const lost = { code: 1006, reason: '', wasClean: false };
    expect(await page.closed()).toEqual(Array.from({ length: SOME }, () => lost));
    const { connections } = app.app.get(RevaliWsMetrics).snapshot();
    expect(connections).toMatchObject({ open: 0, http2: { open: 0, total: SOME } });
    await page.forget();
    await page.openAll('/echo', SOME);
    expect(await page.echo()).toHaveLength(SOME);
  });
});
