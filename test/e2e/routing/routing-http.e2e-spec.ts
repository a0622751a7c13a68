import { Body, Controller, Get, Param, Post } from '@nestjs/common';
import { WebSocket } from 'nestjs-revali-ws';
import { startApp } from '../../support/apps/app-factory.js';
import { platforms } from '../../support/apps/platforms.js';
import { closeAllApps } from '../../support/apps/running-app.js';

@Controller('example')
class MixedController {
  @Get(':id')
  get(@Param('id') id: string): string {
    return `got ${id}`;
  }

  @WebSocket('live')
  live(@Body() message: string): string {
    return `live ${message}`;
  }

  @WebSocket('room/:id')
  room(): string {
    return 'room';
  }

  @Post('both')
  post(): string {
    return 'posted';
  }

  @WebSocket('both')
  both(): string {
    return 'both';
  }
}

describe.each(platforms)('plain HTTP beside WebSocket routes on $name', (platform) => {
  afterEach(closeAllApps);

  it.each(['GET', 'HEAD'])(
    'answers %s of a path that only a WebSocket route serves with 426',
    async (method) => {
      const app = await startApp(platform, { controllers: [MixedController] });
      const answer = await app.get('/example/room/7', { method });
      expect(answer.status).toBe(426);
      expect(answer.headers.upgrade).toBe('websocket');
      // RFC 9110, section 7.8: the sender of Upgrade sends the connection option too.
      expect(answer.headers.connection?.toLowerCase()).toContain('upgrade');
      if (method === 'GET') {
        expect(JSON.parse(answer.body)).toEqual({ statusCode: 426, message: 'Upgrade Required' });
      }
    },
  );

  it('closes the connection of a client that asks for it, as proxies do', async () => {
    const app = await startApp(platform, { controllers: [MixedController] });
    const client = await app.raw();
    client.write('GET /example/room/7 HTTP/1.1\r\nHost: example.com\r\nConnection: close\r\n\r\n');
    const { status, headers } = await client.response();
    expect([status, headers['connection']]).toEqual([426, ['close, Upgrade']]);
    await client.ended;
  });

  it.each(['POST', 'PUT', 'DELETE'])('answers %s of such a path with 404', async (method) => {
    const app = await startApp(platform, { controllers: [MixedController] });
    const answer = await app.get('/example/room/7', { method });
    expect(answer.status).toBe(404);
    expect(JSON.parse(answer.body)).toMatchObject({
      statusCode: 404,
      message: `Cannot ${method} /example/room/7`,
    });
  });

  it('leaves a GET route that matches the same path its requests, and takes the upgrades', async () => {
    const app = await startApp(platform, { controllers: [MixedController] });
    expect(await app.get('/example/live')).toMatchObject({ status: 200, body: 'got live' });
    const client = await app.connect('/example/live');
    client.send('?');
    expect(await client.text()).toBe('live ?');
  });

  it('leaves a POST route on the same path its requests', async () => {
    const app = await startApp(platform, { controllers: [MixedController] });
    expect(await app.get('/example/both', { method: 'POST' })).toMatchObject({
      status: 201,
      body: 'posted',
    });
  });

  it('answers GET of an unknown path with 404', async () => {
    const app = await startApp(platform, { controllers: [MixedController] });
    expect((await app.get('/nowhere/at/all')).status).toBe(404);
  });

  it('refuses the upgrade of an unknown path with a 404 in the form of Nest, and hangs up', async () => {
    const app = await startApp(platform, { controllers: [MixedController] });
    const client = await app.raw();
    client.upgrade('/nowhere?at=all');
    const answer = await client.response();
    expect(answer.statusLine).toBe('HTTP/1.1 404 Not Found');
    expect(answer.headers['connection']).toEqual(['close']);
    expect(answer.headers['content-type']).toEqual(['application/json; charset=utf-8']);
    expect(JSON.parse(answer.body)).toEqual({
      statusCode: 404,
      error: 'Not Found',
      message: 'Cannot GET /nowhere?at=all',
    });
    await client.ended;
    expect(client.unread).toHaveLength(0);
  });

  it('refuses the upgrade of a path that only HTTP serves with 404', async () => {
    const app = await startApp(platform, { controllers: [MixedController] });
    await expect(app.connect('/example/5')).rejects.toMatchObject({ status: 404 });
  });

  it('answers a request that offers HTTP/2 as the plain request that it also is', async () => {
    const app = await startApp(platform, { controllers: [MixedController] });
    const client = await app.raw();
    client.upgrade('/example/5', {
      headers: [
        ['Connection', 'Upgrade, HTTP2-Settings'],
        ['Upgrade', 'h2c'],
        ['HTTP2-Settings', 'AAMAAABkAARAAAAAAAIAAAAA'],
      ],
      omit: ['Sec-WebSocket-Key', 'Sec-WebSocket-Version'],
    });
    expect(await client.response()).toMatchObject({ status: 200, body: 'got 5' });
  });

  it('answers an offer of HTTP/2 on a WebSocket path with 426', async () => {
    const app = await startApp(platform, { controllers: [MixedController] });
    const client = await app.raw();
    client.upgrade('/example/room/7', { headers: [['Upgrade', 'h2c']] });
    expect((await client.response()).status).toBe(426);
    await client.ended;
  });
});
