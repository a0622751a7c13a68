import { Body, Controller } from '@nestjs/common';
import type { AbstractHttpAdapter } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import express from 'express';
import { WebSocket } from 'nestjs-revali-ws';
import { startApp } from '../../support/apps/app-factory.js';
import { statusFor, type Page } from '../../support/clients/page.js';
import { platforms, type Platform } from '../../support/apps/platforms.js';
import type { Header } from '../../support/raw/raw-upgrade.js';
import { closeAllApps, type RunningApp } from '../../support/apps/running-app.js';

@Controller()
class ChatController {
  @WebSocket('chat')
  chat(@Body() message: string): string {
    return message;
  }
}

/** @param trust proxies whose word is taken; every test connects from 127.0.0.1 */
function startBehind(platform: Platform, trust: boolean | string): Promise<RunningApp> {
  return startApp(platform, {
    controllers: [ChatController],
    adapter: platform.name === 'express' ? expressThat(trust) : fastifyThat(trust),
  });
}

function expressThat(trust: boolean | string): AbstractHttpAdapter {
  const application = express();
  application.set('trust proxy', trust);
  return new ExpressAdapter(application);
}

function fastifyThat(trust: boolean | string): AbstractHttpAdapter {
  return new FastifyAdapter({ trustProxy: trust });
}

const forwarded = (proto: string, host?: string): readonly Header[] => [
  ['X-Forwarded-For', '203.0.113.7'],
  ['X-Forwarded-Proto', proto],
  ...(host === undefined ? [] : [['X-Forwarded-Host', host] as const]),
];

/** A page of https://app.example.com, whose proxy asks an inner host over HTTP. */
const page: Page = {
  origin: 'https://app.example.com',
  host: 'inner:3000',
  headers: forwarded('https', 'app.example.com'),
};

describe.each(platforms)('the own origin behind a proxy on $name', (platform) => {
  afterEach(closeAllApps);

  it('is what the proxy says, where it is trusted', async () => {
    for (const trust of [true, 'loopback', '127.0.0.1']) {
      const app = await startBehind(platform, trust);
      expect([trust, await statusFor(app, '/chat', page)]).toEqual([trust, 101]);
    }
  });

  it('is what the request says, where no proxy or another one is trusted', async () => {
    for (const trust of [false, '10.0.0.0/8']) {
      const app = await startBehind(platform, trust);
      expect([trust, await statusFor(app, '/chat', page)]).toEqual([trust, 403]);
      const inner = { ...page, origin: 'http://inner:3000' };
      expect([trust, await statusFor(app, '/chat', inner)]).toEqual([trust, 101]);
    }
  });

  it('is nothing else any more, where the proxy is trusted', async () => {
    const app = await startBehind(platform, true);
    for (const origin of [
      'http://inner:3000',
      'https://inner:3000',
      'http://app.example.com',
      'https://app.example.com:8443',
      'https://app.example.com.evil.io',
      'null',
    ]) {
      expect([origin, await statusFor(app, '/chat', { ...page, origin })]).toEqual([origin, 403]);
    }
  });

  it('has the scheme of the proxy and the Host of the request, where it forwards only the scheme', async () => {
    const app = await startBehind(platform, true);
    const headers = forwarded('https');
    const host = 'app.example.com';
    expect(
      await statusFor(app, '/chat', { origin: 'https://app.example.com', host, headers }),
    ).toBe(101);
    expect(await statusFor(app, '/chat', { origin: 'http://app.example.com', host, headers })).toBe(
      403,
    );
  });

  it('has a port of its own', async () => {
    const app = await startBehind(platform, true);
    const headers = forwarded('https', 'app.example.com:8443');
    expect(
      await statusFor(app, '/chat', { ...page, headers, origin: 'https://app.example.com:8443' }),
    ).toBe(101);
    expect(await statusFor(app, '/chat', { ...page, headers })).toBe(403);
  });

  it('may be said with the default port', async () => {
    const app = await startBehind(platform, true);
    const headers = forwarded('https', 'app.example.com:443');
    expect(await statusFor(app, '/chat', { ...page, headers })).toBe(101);
  });

  it.each([
    ['wss', 'https'],
    ['ws', 'http'],
  ])('is that of a page, where the proxy calls the scheme %s', async (proto, scheme) => {
    const app = await startBehind(platform, true);
    const headers = forwarded(proto, 'app.example.com');
    const origin = `${scheme}://app.example.com`;
    expect(await statusFor(app, '/chat', { ...page, headers, origin })).toBe(101);
    const other = scheme === 'http' ? 'https' : 'http';
    expect(
      await statusFor(app, '/chat', { ...page, headers, origin: `${other}://app.example.com` }),
    ).toBe(403);
  });

  it.each(['', 'a b', 'app.example.com/', 'https://app.example.com', 'user@app.example.com'])(
    'is nobody’s where the proxy forwards the host "%s"',
    async (host) => {
      const app = await startBehind(platform, true);
      const headers = forwarded('https', host);
      const origin = 'https://app.example.com';
      expect(await statusFor(app, '/chat', { ...page, headers, origin })).toBe(403);
    },
  );
});
