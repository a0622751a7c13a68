import { Body, Controller, Get, Post } from '@nestjs/common';
import { WebSocket } from 'nestjs-revali-ws';
import { startApp, type AppSetup } from '../../support/apps/app-factory.js';
import { eventually, sleep } from '../../support/deadline.js';
import { HeldRequests } from '../../support/apps/held-requests.js';
import { unhandled, type UnhandledRecorder } from '../../support/faults/leaks.js';
import { platforms } from '../../support/apps/platforms.js';
import type { RawClient } from '../../support/raw/raw-client.js';
import { closeAllApps, type RunningApp } from '../../support/apps/running-app.js';
import { overTls } from '../../support/apps/tls-app.js';
import { httpServerOf, shyListener } from '../../support/apps/upgrade-listeners.js';

@Controller('house')
class HouseController {
  @Get('page')
  page(): string {
    return 'page';
  }

  @Post('post')
  post(@Body() body: unknown): unknown {
    return body;
  }

  @WebSocket('live')
  live(@Body() message: string): string {
    return message;
  }
}

const OFFER = 'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n';

const head = (start: string, headers = ''): string =>
  `${start} HTTP/1.1\r\nHost: a\r\n${headers}\r\n`;
const JSON_TYPE = 'Content-Type: application/json\r\n';

describe.each(platforms)('a request that offers another protocol on $name', (platform) => {
  let recorder: UnhandledRecorder;
  let held: HeldRequests;

  beforeEach(() => {
    recorder = unhandled();
    held = new HeldRequests();
  });

  afterEach(async () => {
    await closeAllApps();
    expect(await recorder.release()).toEqual([]);
  });

  const start = (setup: AppSetup = {}): Promise<RunningApp> =>
    startApp(platform, {
      controllers: [HouseController],
      configure: (app) => held.install(app),
      ...setup,
    });

  it.each([
    ['in clear', false],
    ['over TLS', true],
  ])('keeps its connection for the next ones, %s', async (_how, isSecure) => {
    const app = await start(isSecure ? overTls(platform) : {});
    const client = await app.raw();
    for (const target of ['GET /house/page', 'GET /nowhere', 'GET /house/page']) {
      client.write(head(target, OFFER));
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      const { status } = await client.response();
      expect(status).toBe(target === 'GET /nowhere' ? 404 : 200);
    }
    client.upgrade('/house/live');
    expect((await client.response()).status).toBe(101);
  });

  it('may be followed by another in the same packet', async () => {
    const app = await start();
    const client = await app.raw();
    client.write(head('GET /house/page', OFFER) + head('GET /nowhere', OFFER));
    client.write(head('GET /house/page', 'Connection: close\r\n'));
    expect((await client.response()).status).toBe(200);
    expect((await client.response()).status).toBe(404);
    expect((await client.response()).status).toBe(200);
    await client.ended;
  });

  it.each([
    ['with a length', `Content-Length: 7\r\n`, '{"a":1}'],
    ['in chunks', 'Transfer-Encoding: chunked\r\n', '7\r\n{"a":1}\r\n0\r\n\r\n'],
  ])('may have a body %s', async (_how, length, body) => {
    const app = await start();
    const whole = await app.raw();
    whole.write(head('POST /house/post', OFFER + JSON_TYPE + length) + body);
    expect(await whole.response()).toMatchObject({ status: 201, body: '{"a":1}' });
    const slow = await app.raw();
    slow.write(head('POST /house/post', OFFER + JSON_TYPE + length));
    await slow.expectNothing();
    slow.write(body.slice(0, 5));
    await slow.expectNothing();
    slow.write(body.slice(5));
    expect(await slow.response()).toMatchObject({ status: 201, body: '{"a":1}' });
  });

  it('is asked for its body where it waits to be', async () => {
    const app = await start();
    const client = await app.raw();
    const headers = `${OFFER}${JSON_TYPE}Content-Length: 7\r\nExpect: 100-continue\r\n`;
    client.write(head('POST /house/post', headers));
    await eventually(() => expect(client.unread.toString()).toMatch(/^HTTP\/1.1 100 /), 'a 100');
    client.write('{"a":1}');
    await eventually(() => expect(client.unread.toString()).toContain('{"a":1}'), 'the answer');
  });

  it('is refused where it has more headers than Node reads', async () => {
    const app = await start();
    const client = await app.raw();
    const many = 'a:b\r\n'.repeat(1_500);
    client.write(head('POST /house/post', `${OFFER}${JSON_TYPE}${many}Content-Length: 7\r\n`));
    client.write('{"a":1}');
    expect((await client.response()).status).toBe(431);
    await client.ended;
  });

  it('is what the application says where it decides itself', async () => {
    const app = await start();
    // Asked by newer versions of Node; older ones take every offer for an upgrade.
    Reflect.set(app.server, 'shouldUpgradeCallback', () => false);
    const client = await app.raw();
    client.write(head('GET /house/page', OFFER));
    expect((await client.response()).status).toBe(200);
  });

  it.each([
    ['a FIN', (client: RawClient) => client.end()],
    ['a reset', (client: RawClient) => client.resetAndDestroy()],
  ])('is aborted by %s as without the offer', async (_way, leave) => {
    const app = await start();
    const outcomes: string[][] = [];
    for (const [path, offer] of [
      ['/held/plain', ''],
      ['/held/offer', OFFER],
    ] as const) {
      // oxlint-disable no-await-in-loop -- one after the other
      const client = await app.raw();
      client.write(head(`GET ${path}`, offer));
      const { response, events } = await held.at(path);
      response.write('data: 1\n\n');
      await eventually(() => expect(client.unread.length).toBeGreaterThan(0), 'the first event');
      leave(client);
      await eventually(() => expect(events).toContain('response close'), 'the response to end');
      await sleep(20);
      expect(response.destroyed).toBe(true);
      outcomes.push(events);
      // oxlint-enable no-await-in-loop
    }
    expect(outcomes[1]).toEqual(outcomes[0]);
    await app.close();
  });

  it('is answered in the same way where other listeners let it pass', async () => {
    const app = await start({
      forRoot: { handshakeTimeout: 50 },
      configure: (created) => {
        held.install(created);
        httpServerOf(created).on('upgrade', shyListener());
      },
    });
    const client = await app.raw();
    client.write(head('POST /house/post', `${OFFER}${JSON_TYPE}Content-Length: 7\r\n`));
    client.write('{"a":1}');
    expect(await client.response()).toMatchObject({ status: 201, body: '{"a":1}' });
    const leaving = await app.raw();
    leaving.write(head('GET /held/x', OFFER));
    const { events } = await held.at('/held/x');
    leaving.resetAndDestroy();
    await eventually(() => expect(events).toContain('response close'), 'the response to end');
  });
});
