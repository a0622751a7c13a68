import type { AbstractHttpAdapter } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { Http2Server } from 'node:http2';
import type { Browser } from 'playwright-core';
import { launchBrowser } from '../../sample/support/browser.js';
import { startHttp2App } from '../support/apps/http2-app.js';
import { closeAllApps } from '../support/apps/running-app.js';
import { Haproxy } from './haproxy.js';
import { PageController } from './page.controller.js';
import { SocketPage } from './socket-page.js';

const SOME = 8;

function express(trusted: string | false): AbstractHttpAdapter {
  const adapter = new ExpressAdapter();
  adapter.set('trust proxy', trusted);
  return adapter;
}

const fastify = (trustProxy: string | false): AbstractHttpAdapter =>
  new FastifyAdapter({ trustProxy });

const fastifyHttp2 = (trustProxy: string | false): AbstractHttpAdapter =>
  new FastifyAdapter<Http2Server>({ http2: true, trustProxy });

const kinds: [
  name: string,
  createAdapter: (trusted: string | false) => AbstractHttpAdapter,
  options: string,
  version: string,
][] = [
  ['Express', express, '', '1.1'],
  ['Fastify', fastify, '', '1.1'],
  ['Fastify over HTTP/2', fastifyHttp2, 'proto h2', '2.0'],
];

describe.each(kinds)('a page behind HAProxy of %s', (_name, createAdapter, options, version) => {
  const proxies: Haproxy[] = [];
  let browser: Browser;

  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterEach(async () => {
    await Promise.all(browser.contexts().map((context) => context.close()));
    await Promise.all(proxies.splice(0).map((proxy) => proxy.stop()));
    await closeAllApps();
  });
  afterAll(() => browser?.close());

  const start = async (trusted: string | false): Promise<SocketPage> => {
    const app = await startHttp2App({ controllers: [PageController] }, () =>
      createAdapter(trusted),
    );
    const proxy = await Haproxy.start(app.port, options);
    proxies.push(proxy);
    return SocketPage.open(browser, proxy.url);
  };

  it('opens WebSockets inside its HTTP/2 connection', async () => {
    const page = await start('loopback');
    expect(await page.protocol()).toBe('h2');
    await page.openAll('/echo', SOME);
    const versions = (await page.echo()).map((echo) => echo.split(' from ')[0]);
    expect(versions).toEqual(
      Array.from({ length: SOME }, (_, index) => `message ${index} over ${version}`),
    );
    // A 101 would be one of HTTP/1.1.
    expect(page.statuses).toEqual(Array.from({ length: SOME }, () => 200));
  });

  it('hears close codes', async () => {
    const page = await start('loopback');
    await page.openAll('/bye', 1);
    await page.echo().catch(() => undefined);
    expect(await page.closed()).toEqual([{ code: 4321, reason: 'message 0', wasClean: true }]);
  });

  it('is of another origin if the application does not trust the proxy', async () => {
    const page = await start(false);
    expect(await page.refused('/echo')).toMatchObject({ code: 1006 });
  });
});
