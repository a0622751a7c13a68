import {
  Injectable,
  SetMetadata,
  UseGuards,
  Version,
  VersioningType,
  type CanActivate,
  type ExecutionContext,
} from '@nestjs/common';
import { APP_INTERCEPTOR, Reflector } from '@nestjs/core';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import type { AsyncApiDocument, AsyncApiModuleOptions } from 'nestjs-revali-ws-asyncapi';
import { parse } from 'yaml';
import { faultsOf } from './asyncapi.parser.js';
import { serveModule, Wrapping, type ServedModule } from './module.server.js';
import { closeAllApps, type Setup } from './support.js';

@Injectable()
class AdminGuard implements CanActivate {
  constructor(private readonly reflector: Reflector) {}

  canActivate(context: ExecutionContext): boolean {
    const isPublic = this.reflector.get<unknown>('isPublic', context.getHandler()) === true;
    const { headers } = context
      .switchToHttp()
      .getRequest<{ headers: Readonly<Record<string, string>> }>();
    return isPublic || headers['authorization'] === 'admin';
  }
}

const INFO = { title: 'Echo', version: '1.0.0' };

describe.each(['express', 'fastify'] as const)('The documents on %s', (platform) => {
  const environment = process.env.NODE_ENV;

  afterEach(async () => {
    process.env.NODE_ENV = environment;
    await closeAllApps();
  });

  const serve = (options: AsyncApiModuleOptions = {}, setup: Setup = {}): Promise<ServedModule> =>
    serveModule({ info: INFO, ...options }, { platform, ...setup });

  it('are served as JSON and as YAML, and say where the routes are', async () => {
    const { app, http } = await serve();
    const json = await http.get('/async-api-json').expect(200);
    expect(json.headers).toMatchObject({
      'content-type': 'application/json; charset=utf-8',
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-cache',
    });
    const document: unknown = JSON.parse(json.text);
    const { host } = new URL(await app.getUrl());
    expect(document).toMatchObject({
      asyncapi: '3.0.0',
      info: INFO,
      servers: { default: { host, protocol: 'ws' } },
      channels: { EchoController_echo: { address: '/echo' } },
    });
    const response = await fetch(new URL('/async-api-yaml', await app.getUrl()));
    expect(response.headers.get('content-type')).toBe('application/yaml; charset=utf-8');
    const yaml = await response.text();
    expect(parse(yaml)).toEqual(document);
    expect(await faultsOf(document)).toEqual([]);
    expect(await faultsOf(yaml)).toEqual([]);
  });

  it('are answered with 304 to who has them', async () => {
    const { http } = await serve();
    const { headers } = await http.get('/async-api-json');
    const again = await http.get('/async-api-json').set('If-None-Match', String(headers['etag']));
    expect([again.status, again.text]).toEqual([304, '']);
  });

  it('have another path, below the global prefix', async () => {
    const { http } = await serve(
      { path: 'docs/ws' },
      { configure: (app) => app.setGlobalPrefix('api') },
    );
    await http.get('/api/docs/ws-json').expect(200);
    await http.get('/docs/ws-json').expect(404);
    await http.get('/api/async-api-json').expect(404);
  });

  it('are guarded like any controller, and pass what makes them public', async () => {
    const guards = [UseGuards(AdminGuard)];
    const { http } = await serve({ decorators: guards });
    await http.get('/async-api-json').expect(403);
    await http.get('/async-api-yaml').expect(403);
    await http.get('/async-api-json').set('Authorization', 'admin').expect(200);
    await closeAllApps();
    const open = await serve({ decorators: [...guards, SetMetadata('isPublic', true)] });
    await open.http.get('/async-api-json').expect(200);
  });

  it('are guarded by a decorator that takes a class alone', async () => {
    const guarded: ClassDecorator = (target) => UseGuards(AdminGuard)(target);
    const { http } = await serve({ decorators: [guarded] });
    await http.get('/async-api-json').expect(403);
  });

  it('have a version', async () => {
    const { http } = await serve(
      { decorators: [Version('2')] },
      { configure: (app) => app.enableVersioning({ type: VersioningType.URI }) },
    );
    await http.get('/v2/async-api-json').expect(200);
    await http.get('/async-api-json').expect(404);
  });

  it('are not wrapped by interceptors', async () => {
    const { http } = await serve(
      {},
      { providers: [{ provide: APP_INTERCEPTOR, useClass: Wrapping }] },
    );
    const { text } = await http.get('/async-api-json').expect(200);
    expect(JSON.parse(text)).toHaveProperty('asyncapi');
  });

  it('are not served in production, unless that is said', async () => {
    process.env.NODE_ENV = 'production';
    const off = await serve();
    await off.http.get('/async-api-json').expect(404);
    expect(off.lines).toEqual([
      'AsyncAPI documents are off in production. Set "enabled: true" in AsyncApiModule.forRoot() to serve them.',
    ]);
    await closeAllApps();
    const on = await serve({ enabled: true });
    await on.http.get('/async-api-json').expect(200);
    expect(on.lines).toEqual([]);
  });

  it('are not served where they are switched off', async () => {
    const { http, lines } = await serve({ enabled: false });
    await http.get('/async-api-yaml').expect(404);
    expect(lines).toEqual(['AsyncAPI documents are off: "enabled" is false.']);
  });

  it('show nothing of a host that is none', async () => {
    const { http } = await serve();
    const { text } = await http.get('/async-api-json').set('Host', 'a"><script>');
    expect(text).not.toMatch(/script/);
  });

  it('have the last word of the option, for each request', async () => {
    const { http } = await serve({
      document: (document): AsyncApiDocument => ({ ...document, channels: {}, operations: {} }),
    });
    const { text } = await http.get('/async-api-json').expect(200);
    expect(JSON.parse(text)).toMatchObject({ channels: {}, servers: { default: {} } });
  });

  it("are no part of swagger's own", async () => {
    const { app } = await serve();
    const { paths } = SwaggerModule.createDocument(app, new DocumentBuilder().build());
    expect(paths).toEqual({});
  });
});
