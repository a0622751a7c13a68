import {
  Controller,
  Injectable,
  UseGuards,
  Version,
  VersioningType,
  type CanActivate,
  type ExecutionContext,
} from '@nestjs/common';
import { APP_INTERCEPTOR } from '@nestjs/core';
import { WebSocket } from 'nestjs-revali-ws';
import type { AsyncApiModuleOptions } from 'nestjs-revali-ws-asyncapi';
import { gzipSync } from 'node:zlib';
import { serveModule, Wrapping, type ServedModule } from './module.server.js';
import { closeAllApps, type Setup } from './support.js';

@Injectable()
class AdminGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const { headers } = context
      .switchToHttp()
      .getRequest<{ headers: Readonly<Record<string, string>> }>();
    return headers['authorization'] === 'admin';
  }
}

@Controller()
class AnyPathController {
  @WebSocket('*rest')
  any(): void {}
}

const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; " +
  "connect-src 'self' ws: wss:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
/** What the page may weigh, gzipped, with all that it loads. */
const BUDGET = 60 * 1024;

/** What a page links to. */
const linksOf = (html: string): string[] =>
  [...html.matchAll(/(?:href|src)="([^"]+)"/g)].map(([, link = '']) => link);

/** Page and all that it loads, by URL, as a browser resolves it. */
async function everythingOf(page: string): Promise<Map<string, string>> {
  const response = await fetch(page);
  const html = await response.text();
  const [, below = ''] = /data-below="([^"]+)"/.exec(html) ?? [];
  const loaded = [...linksOf(html), `${below}document.json`, `${below}document.yaml`];
  const all = new Map([[response.url, html]]);
  for (const link of loaded) {
    const found = await fetch(new URL(link, response.url));
    expect([link, found.status]).toEqual([link, 200]);
    all.set(found.url, await found.text());
  }
  return all;
}

describe.each(['express', 'fastify'] as const)('The page over HTTP on %s', (platform) => {
  const environment = process.env.NODE_ENV;

  afterEach(async () => {
    process.env.NODE_ENV = environment;
    await closeAllApps();
  });

  const serve = (options: AsyncApiModuleOptions = {}, setup: Setup = {}): Promise<ServedModule> =>
    serveModule(options, { platform, ...setup });

  it('has a policy of its own, and nothing in it but links', async () => {
    const { http } = await serve();
    const { headers, text } = await http.get('/async-api').expect(200);
    expect(headers).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': POLICY,
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-cache',
    });
    expect(text).not.toMatch(/<style|style=|\son\w+=|<script[^>]*>[^<]/);
    expect(linksOf(text).filter((link) => !link.startsWith('./async-api/'))).toEqual([]);
  });

  it('serves what it loads for good, by names that hold a hash', async () => {
    const { http, url } = await serve();
    const { text } = await http.get('/async-api');
    const types: string[] = [];
    for (const link of linksOf(text)) {
      expect(link).toMatch(/\.[\da-f]{12}\.(?:js|css|svg)$/);
      const { pathname } = new URL(link, `${url}/async-api`);
      const { headers } = await http.get(pathname).expect(200);
      types.push(String(headers['content-type']));
      expect(headers).toMatchObject({
        'cache-control': 'private, max-age=31536000, immutable',
        'x-content-type-options': 'nosniff',
      });
      const tag = String(headers['etag']);
      await http.get(pathname).set('If-None-Match', tag).expect(304);
    }
    expect(types.toSorted()).toEqual([
      'image/svg+xml; charset=utf-8',
      'text/css; charset=utf-8',
      'text/javascript; charset=utf-8',
    ]);
  });

  it('weighs less than 60 KiB, with all that it loads', async () => {
    const { url } = await serve();
    const all = await everythingOf(`${url}/async-api`);
    const sizes = [...all].map(([address, text]) => [address, gzipSync(text).length] as const);
    const whole = sizes.reduce((sum, [, size]) => sum + size, 0);
    expect(whole).toBeLessThan(BUDGET);
  });

  it.each([
    '/async-api',
    '/async-api/',
    '/async-api/index.html',
    '/async-api?x=1',
    '/async-api/?x',
  ])('finds all that it loads from %s', async (path) => {
    const { url } = await serve();
    expect((await everythingOf(url + path)).size).toBe(6);
  });

  it('keeps all of the query where it leads from the path with a slash', async () => {
    const { url } = await serve();
    const { url: end } = await fetch(`${url}/async-api/?x?y`);
    expect(new URL(end).search).toBe('?x?y');
  });

  it('is below the global prefix and its version', async () => {
    const { http, url } = await serve(
      { path: 'docs/ws', decorators: [Version('2')] },
      {
        configure: (app) => {
          app.setGlobalPrefix('api');
          app.enableVersioning({ type: VersioningType.URI });
        },
      },
    );
    expect((await everythingOf(`${url}/api/v2/docs/ws`)).size).toBe(6);
    await http.get('/docs/ws').expect(404);
    await http.get('/api/docs/ws').expect(404);
  });

  it.each(['docs/ws/', '/docs/ws', '//docs/ws//'])(
    'takes %s for a path, with the documents and the relay beside it',
    async (path) => {
      const { http, url } = await serve({ path, relay: true });
      expect((await everythingOf(`${url}/docs/ws`)).size).toBe(6);
      await http.get('/docs/ws-json').expect(200);
      await http.get('/docs/ws-yaml').expect(200);
      const { text } = await http.get('/docs/ws');
      expect(text).toContain(' data-relay>');
    },
  );

  it('has the relay below a global prefix with a parameter, and says where there is none', async () => {
    const configure: Setup['configure'] = (app) => app.setGlobalPrefix('of/:tenant');
    const relayed = await serve({ relay: true }, { configure });
    const { text } = await relayed.http.get('/of/ann/async-api').expect(200);
    expect(text).toContain(' data-relay>');
    await closeAllApps();
    const direct = await serve({}, { configure, controllers: [AnyPathController] });
    const { text: other } = await direct.http.get('/of/ann/async-api').expect(200);
    expect(other).not.toContain('data-relay');
  });

  it.each(['W/TAG', '"other", TAG', '"other",W/TAG'])(
    'is known to caches and compressing proxies that name %s',
    async (template) => {
      const { http } = await serve();
      for (const path of ['/async-api', '/async-api-json']) {
        const { headers } = await http.get(path).expect(200);
        const tags = template.replace('TAG', String(headers['etag']));
        await http.get(path).set('If-None-Match', tags).expect(304);
        await http.get(path).set('If-None-Match', tags.replaceAll('"', '"x')).expect(200);
      }
    },
  );

  it('answers HEAD like GET, without a body', async () => {
    const { http } = await serve();
    const { headers, text } = await http.head('/async-api').expect(200);
    expect(headers['content-security-policy']).toBe(POLICY);
    expect(text ?? '').toBe('');
    const { text: page } = await http.get('/async-api');
    const [link = ''] = linksOf(page);
    await http.head(link.slice(1)).expect(200);
  });

  it('serves nothing but what is on its list', async () => {
    const { http } = await serve();
    for (const path of [
      '/async-api/package.json',
      '/async-api/../package.json',
      '/async-api/%2e%2e%2fpackage.json',
      '/async-api/explorer.js',
      '/async-api/document.json/more',
    ])
      await http.get(path).expect(404);
  });

  it('is guarded whole: page, files and documents', async () => {
    const open = await serve();
    const paths = [...(await everythingOf(`${open.url}/async-api`)).keys()].map(
      (address) => new URL(address).pathname,
    );
    await closeAllApps();
    const { http } = await serve({ decorators: [UseGuards(AdminGuard)] });
    for (const path of [...paths, '/async-api-json', '/async-api-yaml', '/async-api/index.html']) {
      const { text } = await http.get(path).expect(403);
      expect(text).not.toMatch(/echo|html/i);
      await http.get(path).set('Authorization', 'admin').expect(200);
    }
  });

  it('is not wrapped by interceptors', async () => {
    const { http } = await serve(
      {},
      { providers: [{ provide: APP_INTERCEPTOR, useClass: Wrapping }] },
    );
    const { text } = await http.get('/async-api').expect(200);
    expect(text).toMatch(/^<!doctype html>/);
    for (const link of linksOf(text)) {
      const file = await http.get(link.slice(1)).buffer(true).expect(200);
      expect(file.text ?? String(file.body)).not.toMatch(/^\{"data"/);
    }
  });

  it('is not served in production, unless that is said', async () => {
    process.env.NODE_ENV = 'production';
    const off = await serve();
    for (const path of ['/async-api', '/async-api/', '/async-api/document.json'])
      await off.http.get(path).expect(404);
    await closeAllApps();
    const on = await serve({ enabled: true });
    await on.http.get('/async-api').expect(200);
  });

  it('is not served where the option says so, while the documents are', async () => {
    const { http } = await serve({ explorer: false });
    await http.get('/async-api').expect(404);
    await http.get('/async-api/document.json').expect(404);
    await http.get('/async-api-json').expect(200);
  });

  it('shows nothing of a path that it is asked by', async () => {
    const { http } = await serve();
    const { text } = await http.get('/async-api?"><script>alert(1)</script>').expect(200);
    expect(text).not.toContain('alert');
  });
});
