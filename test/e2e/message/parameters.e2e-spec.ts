import {
  Body,
  Controller,
  createParamDecorator,
  Get,
  Headers,
  HostParam,
  Ip,
  Param,
  ParseIntPipe,
  Query,
  Req,
  Session,
  type ExecutionContext,
  type INestApplication,
  type PipeTransform,
} from '@nestjs/common';
import { ConnectedSocket, MessageBody } from '@nestjs/websockets';
import { WebSocket, WebSocketConnection, type HandshakeRequest } from 'nestjs-revali-ws';
import { WebSocket as RawSocket } from 'ws';

import { startApp } from '../../support/apps/app-factory.js';
import { platforms } from '../../support/apps/platforms.js';
import { closeAllApps } from '../../support/apps/running-app.js';

const upper: PipeTransform<string, string> = { transform: (value) => value.toUpperCase() };

class Exclaim implements PipeTransform<string, Promise<string>> {
  async transform(value: string): Promise<string> {
    await new Promise(setImmediate);
    return `${value}!`;
  }
}

const UserAgent = createParamDecorator(
  (data: string, context: ExecutionContext) =>
    `${data}: ${context.switchToHttp().getRequest<HandshakeRequest>().headers['user-agent']}`,
);
const LateBody = createParamDecorator(async (_data: unknown, context: ExecutionContext) => {
  await new Promise(setImmediate);
  return context.switchToWs().getData<unknown>();
});

@Controller({ path: 'p/:room', host: ':tenant.example.com' })
class OfHandshake {
  @WebSocket('all/:id')
  @Get('all/:id')
  all(
    @Param('id') id: string,
    @Param() params: Record<string, unknown>,
    @Query('q') q: string,
    @Query() query: Record<string, unknown>,
    @Headers('x-name') name: string,
    @Headers() headers: Record<string, unknown>,
    @Req() request: HandshakeRequest,
    @Ip() ip: string,
    @HostParam('tenant') tenant: string,
    @HostParam() hosts: Record<string, unknown>,
    @Session() session: unknown,
  ): unknown {
    const url = request.url;
    return { id, params, q, query, name, host: headers['host'], url, ip, tenant, hosts, session };
  }
}

@Controller('params')
class Parameters {
  @WebSocket('pipes/:id')
  pipes(
    @Param('id', ParseIntPipe) id: number,
    @Query('n', new ParseIntPipe({ optional: true })) n: number | undefined,
    @Body('name', upper, Exclaim) name: string,
    @Body('age', ParseIntPipe) age: number,
  ): unknown[] {
    return [id, n, name, age];
  }

  @WebSocket('fields')
  fields(
    @Body('user.name') name: string,
    @Body('user') user: unknown,
    @Body('tags.0') tag: unknown,
    @Body('a.b') literal: unknown,
    @Body('missing.deep') missing: unknown,
    @Body() body: Record<string, unknown>,
  ): unknown {
    return { name, user, tag, literal, missing: String(missing), keys: Object.keys(body) };
  }

  @WebSocket('same')
  same(@Body() one: { list: unknown }, @Body() two: { list: unknown }): boolean {
    return one === two && one.list === two.list;
  }

  @WebSocket('gateway')
  gateway(
    @MessageBody() body: { name: string },
    @MessageBody('name') name: string,
    @ConnectedSocket() connection: WebSocketConnection,
    @ConnectedSocket() raw: RawSocket,
  ): unknown[] {
    // Not `instanceof` for the second: the package may bring a `ws` of its own.
    return [body, name, connection instanceof WebSocketConnection, raw === connection.socket];
  }

  @WebSocket('custom')
  custom(
    @UserAgent('from') agent: string,
    @UserAgent('piped', upper) piped: string,
    @LateBody() body: unknown,
    @Body() _typed: Record<string, unknown>,
  ): unknown[] {
    return [agent, piped, body];
  }

  @WebSocket('none')
  none(): string {
    return 'not parsed';
  }

  @WebSocket('handshake-only')
  handshakeOnly(@Query('q') q: string): string {
    return q;
  }
}

function giveSessions(app: INestApplication): void {
  app.use((request: object, _response: unknown, next: () => void) => {
    Reflect.set(request, 'session', { user: 'Ann' });
    next();
  });
}

describe.each(platforms)('parameters on $name', (platform) => {
  afterEach(closeAllApps);

  it('that are not the body come from the handshake, as an HTTP route would get them', async () => {
    const app = await startApp(platform, {
      controllers: [OfHandshake],
      configure: (nest) => {
        if (platform.name === 'express') giveSessions(nest);
        else addFastifySession(nest);
      },
    });
    const headers = { host: 'acme.example.com', 'x-name': 'Bob' };
    const path = '/p/7/all/8?q=1&list=a&list=b';
    const client = await app.connect(path, { headers });
    client.send('not looked at {');
    const received = await client.json();
    expect(received).toEqual({
      id: '8',
      params: { room: '7', id: '8' },
      q: '1',
      query: { q: '1', list: ['a', 'b'] },
      name: 'Bob',
      host: 'acme.example.com',
      url: path,
      ip: '127.0.0.1',
      tenant: 'acme',
      hosts: { tenant: 'acme' },
      session: { user: 'Ann' },
    });
    const http = await app.get(path, { headers });
    expect(received).toEqual(JSON.parse(http.body));
  });

  it('pass their pipes, asynchronous ones and classes as well', async () => {
    const app = await startApp(platform, { controllers: [Parameters] });
    const client = await app.connect('params/pipes/42?n=7');
    client.sendJson({ name: 'ann', age: '30' });
    expect(await client.json()).toEqual([42, 7, 'ANN!', 30]);
    client.sendJson({ name: 'ann', age: 'old' });
    expect(await client.closed).toMatchObject({ code: 1007 });
    const bad = await app.connect('params/pipes/abc');
    bad.sendJson({ name: 'ann', age: '30' });
    expect(await bad.closed).toMatchObject({
      code: 1007,
      reason: 'Validation failed (numeric string is expected)',
    });
  });

  it('pick fields and dotted paths out of one body', async () => {
    const app = await startApp(platform, { controllers: [Parameters] });
    const client = await app.connect('params/fields');
    client.sendJson({ user: { name: 'Ann' }, tags: ['x'], 'a.b': 1 });
    expect(await client.json()).toEqual({
      name: 'Ann',
      user: { name: 'Ann' },
      tag: 'x',
      literal: 1,
      missing: 'undefined',
      keys: ['user', 'tags', 'a.b'],
    });
  });

  it('share one parsed body within a call, and none between calls', async () => {
    const app = await startApp(platform, { controllers: [Parameters] });
    const client = await app.connect('params/same');
    client.sendJson({ list: [] });
    expect(await client.json()).toBe(true);
  });

  it('of gateways work: @MessageBody() and @ConnectedSocket()', async () => {
    const app = await startApp(platform, { controllers: [Parameters] });
    const client = await app.connect('params/gateway');
    client.sendJson({ name: 'Ann' });
    expect(await client.json()).toEqual([{ name: 'Ann' }, 'Ann', true, true]);
  });

  it('of createParamDecorator() work, with pipes and promises', async () => {
    const app = await startApp(platform, { controllers: [Parameters] });
    const client = await app.connect('params/custom', { headers: { 'user-agent': 'test' } });
    client.sendJson({ a: 1 });
    expect(await client.json()).toEqual(['from: test', 'PIPED: TEST', { a: 1 }]);
  });

  it('without a body among them leave the payload unparsed', async () => {
    const app = await startApp(platform, { controllers: [Parameters] });
    for (const [path, answer] of [
      ['none', 'not parsed'],
      ['handshake-only?q=1', '1'],
    ]) {
      const client = await app.connect(`params/${path}`);
      client.send('{broken');
      client.send(Uint8Array.of(0xff));
      expect([await client.text(), await client.text()]).toEqual([answer, answer]);
    }
  });

  it.each([
    '{"__proto__":{"polluted":true}}',
    '{"user":{"__proto__":{"polluted":true}}}',
    '{"constructor":{"prototype":{"polluted":true}}}',
  ])('cannot pollute prototypes: %s closes with 1007', async (payload) => {
    const app = await startApp(platform, { controllers: [Parameters] });
    for (const path of ['params/fields', 'params/custom']) {
      const client = await app.connect(path);
      client.send(payload);
      expect(await client.closed).toMatchObject({ code: 1007, reason: 'Invalid payload' });
    }
    expect(Reflect.get({}, 'polluted')).toBeUndefined();
  });

  it('are fields of their own, not inherited ones', async () => {
    @Controller()
    class Inherited {
      @WebSocket('inherited')
      inherited(
        @Body('constructor') a: unknown,
        @Body('toString') b: unknown,
        @Body('user.hasOwnProperty') c: unknown,
        @Body('list.length') d: unknown,
      ): string[] {
        return [a, b, c, d].map((value) => typeof value);
      }
    }
    const app = await startApp(platform, { controllers: [Inherited] });
    const client = await app.connect('inherited');
    client.sendJson({ user: {}, list: [1] });
    expect(await client.json()).toEqual(['undefined', 'undefined', 'undefined', 'number']);
  });
});

/** `@Session()` reads Fastify's own request, which Nest's middleware does not see. */
function addFastifySession(app: INestApplication): void {
  const instance: unknown = app.getHttpAdapter().getInstance();
  if (typeof instance !== 'object' || instance === null) throw new Error('no Fastify');
  const addHook: unknown = Reflect.get(instance, 'addHook');
  if (typeof addHook !== 'function') throw new Error('no Fastify');
  const hook = (request: object, _reply: unknown, done: () => void): void => {
    Reflect.set(request, 'session', { user: 'Ann' });
    done();
  };
  Reflect.apply(addHook, instance, ['onRequest', hook]);
}
