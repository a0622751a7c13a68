import { Body, Controller, Get, Injectable, UseGuards, type CanActivate } from '@nestjs/common';
import { RevaliWsAdapter, WebSocket, type RevaliWsModuleOptions } from 'nestjs-revali-ws';
import { once } from 'node:events';
import { startApp, type AppSetup } from '../../support/apps/app-factory.js';
import { eventually, sleep } from '../../support/deadline.js';
import { gatewayAt } from '../../support/apps/gateways/classes.js';
import { HeldRequests } from '../../support/apps/held-requests.js';
import { unhandled, type UnhandledRecorder } from '../../support/faults/leaks.js';
import { platforms, type Platform } from '../../support/apps/platforms.js';
import type { RawClient } from '../../support/raw/raw-client.js';
import { encodeFrame, Opcode } from '../../support/raw/raw-frame.js';
import { composeUpgrade, type RawUpgrade } from '../../support/raw/raw-upgrade.js';
import { closeAllApps, type RunningApp } from '../../support/apps/running-app.js';
import { overTls } from '../../support/apps/tls-app.js';
import { attachWsServer, httpServerOf } from '../../support/apps/upgrade-listeners.js';

@Injectable()
class Deny implements CanActivate {
  canActivate(): boolean {
    return false;
  }
}

@Injectable()
class Slow implements CanActivate {
  async canActivate(): Promise<boolean> {
    await sleep(1_300);
    return true;
  }
}

@Controller()
class HouseController {
  @Get('page')
  page(): string {
    return 'page';
  }

  @WebSocket('live')
  live(@Body() message: string): string {
    return `heard ${message}`;
  }

  @WebSocket('denied')
  @UseGuards(Deny)
  denied(): void {}

  @WebSocket('slow')
  @UseGuards(Slow)
  slow(@Body() message: string): string {
    return `heard ${message}`;
  }
}

const get = (path: string, headers = ''): string =>
  `GET ${path} HTTP/1.1\r\nHost: a\r\n${headers}\r\n`;
const upgrade = (path: string, options?: RawUpgrade): Buffer => composeUpgrade('a', path, options);
const text = (payload: string): Buffer => encodeFrame({ opcode: Opcode.text, payload });
const h2c: RawUpgrade = { headers: [['Upgrade', 'h2c']] };

/** One TCP segment. */
function send(client: RawClient, ...parts: readonly (string | Uint8Array)[]): void {
  client.write(Buffer.concat(parts.map((part) => Buffer.from(part))));
}

async function expectEcho(client: RawClient, message: string): Promise<void> {
  expect(await client.response()).toMatchObject({ status: 101 });
  client.frame({ opcode: Opcode.text, payload: message });
  expect(String((await client.nextFrame()).payload)).toBe(`heard ${message}`);
}

describe.each(platforms)('an upgrade behind a response on $name', (platform) => {
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

  const start = (forRoot: RevaliWsModuleOptions = {}, setup: AppSetup = {}): Promise<RunningApp> =>
    startApp(platform, {
      controllers: [HouseController],
      forRoot,
      configure: (app) => held.install(app),
      ...setup,
    });

  it('in one packet with its request is answered after it', async () => {
    const app = await start();
    const client = await app.raw();
    send(client, get('/page'), upgrade('/live'));
    expect(await client.response()).toMatchObject({ status: 200, body: 'page' });
    await expectEcho(client, 'a');
  });

  it('is answered after it over TLS too', async () => {
    const app = await start({}, overTls(platform));
    const client = await app.raw();
    send(client, get('/page'), upgrade('/live'));
    expect(await client.response()).toMatchObject({ status: 200, body: 'page' });
    await expectEcho(client, 'a');
  });

  it('waits for several responses, and keeps the frames that follow', async () => {
    const app = await start();
    const client = await app.raw();
    send(client, get('/held/1'), get('/page'), get('/held/2'), upgrade('/live'), text('early'));
    const second = await held.at('/held/2');
    second.response.end('two');
    client.write(text('later'));
    await client.expectNothing();
    (await held.at('/held/1')).response.end('one');
    expect((await client.response()).body).toBe('one');
    expect((await client.response()).body).toBe('page');
    expect((await client.response()).body).toBe('two');
    expect((await client.response()).status).toBe(101);
    expect(String((await client.nextFrame()).payload)).toBe('heard early');
    expect(String((await client.nextFrame()).payload)).toBe('heard later');
  });

  it('waits for a response whose bytes have come and whose end has not', async () => {
    const app = await start();
    const client = await app.raw();
    client.write(get('/held/x'));
    const end = HeldRequests.sendAllBut(await held.at('/held/x'), 'body');
    expect((await client.response()).body).toBe('body');
    client.write(upgrade('/live'));
    await client.expectNothing();
    end();
    await expectEcho(client, 'a');
  });

  it('is alone with its bytes: nothing of HTTP comes after the 101', async () => {
    const app = await start();
    const client = await app.raw();
    send(client, get('/held/x'), upgrade('/live'), text('a'));
    await client.expectNothing();
    (await held.at('/held/x')).response.end('held');
    expect((await client.response()).body).toBe('held');
    expect((await client.response()).status).toBe(101);
    expect(String((await client.nextFrame()).payload)).toBe('heard a');
    await client.expectNothing();
  });

  it.each([
    ['of a path that is unknown', upgrade('/nowhere'), 404],
    ['that is malformed', upgrade('/live', { omit: ['Sec-WebSocket-Key'] }), 400],
    ['that a guard refuses', upgrade('/denied'), 403],
    ['to another protocol', upgrade('/page', h2c), 200],
    ['to another protocol of a WebSocket path', upgrade('/live', h2c), 426],
    ['to another protocol of an unknown path', upgrade('/nowhere', h2c), 404],
  ])('%s is answered after it', async (_which, request, status) => {
    const app = await start();
    const client = await app.raw();
    send(client, get('/held/x'), request);
    await client.expectNothing();
    (await held.at('/held/x')).response.end('held');
    expect((await client.response()).body).toBe('held');
    expect((await client.response()).status).toBe(status);
  });

  it.each([
    ['/denied', 4403],
    ['/nowhere', 4404],
  ])('to %s is closed after it where refusals are close frames', async (path, code) => {
    const app = await start({ refusal: 'close' });
    const client = await app.raw();
    send(client, get('/held/x'), upgrade(path));
    await client.expectNothing();
    (await held.at('/held/x')).response.end('held');
    expect((await client.response()).body).toBe('held');
    expect((await client.response()).status).toBe(101);
    const { opcode, payload } = await client.nextFrame();
    expect([opcode, payload.readUInt16BE(0)]).toEqual([Opcode.close, code]);
    await client.expectNothing();
  });

  it('does not overtake it with a refusal where its own body is still to come', async () => {
    const app = await start();
    const client = await app.raw();
    const length: RawUpgrade = { headers: [['Content-Length', '5']] };
    send(client, get('/held/x'), upgrade('/live', length), 'ab');
    const { response } = await held.at('/held/x');
    await client.expectNothing();
    response.end('first');
    await client.ended;
    expect(client.unread.toString()).toMatch(/^(?:HTTP\/1.1 200 |$)/);
  });

  it('of a gateway is answered after it', async () => {
    const app = await start(
      {},
      {
        providers: [gatewayAt(undefined, '/gate')],
        configure: (created) => {
          held.install(created);
          created.useWebSocketAdapter(new RevaliWsAdapter(created));
        },
      },
    );
    const client = await app.raw();
    send(client, get('/held/x'), upgrade('/gate'), text('{"event":"push","data":1}'));
    await client.expectNothing();
    (await held.at('/held/x')).response.end('held');
    expect((await client.response()).body).toBe('held');
    expect((await client.response()).status).toBe(101);
    expect(JSON.parse(String((await client.nextFrame()).payload))).toEqual({
      event: 'pop',
      data: 1,
    });
  });

  it('of another listener is left to it after that', async () => {
    const app = await start();
    const shed = attachWsServer(httpServerOf(app.app));
    const client = await app.raw();
    send(client, get('/held/x'), upgrade('/shed'), text('a'));
    await client.expectNothing();
    (await held.at('/held/x')).response.end('held');
    expect((await client.response()).body).toBe('held');
    expect((await client.response()).status).toBe(101);
    expect(String((await client.nextFrame()).payload)).toBe('shed: a');
    shed.close();
  });

  it('lets that response go on as the client reads', async () => {
    const app = await start();
    const client = await app.raw();
    client.pause();
    send(client, get('/held/x'), upgrade('/live'));
    const { response } = await held.at('/held/x');
    const chunk = Buffer.alloc(1024 * 1024, 'x');
    const count = 10;
    response.setHeader('Content-Length', count * chunk.length);
    const writing = (async () => {
      for (let sent = 0; sent < count; sent += 1) {
        // oxlint-disable-next-line no-await-in-loop -- one after the other
        if (!response.write(chunk)) await once(response, 'drain');
        expect(response.writableNeedDrain).toBe(false);
      }
      response.end();
    })();
    await eventually(() => expect(response.writableNeedDrain).toBe(true), 'the socket to be full');
    client.resume();
    expect((await client.response(8_000)).body).toHaveLength(count * chunk.length);
    await writing;
    await expectEcho(client, 'a');
  });

  it('is not answered where that response closes the connection', async () => {
    const app = await start();
    const client = await app.raw();
    send(client, get('/held/x'), upgrade('/live'));
    const { response } = await held.at('/held/x');
    response.setHeader('Connection', 'close');
    response.end('held');
    expect((await client.response()).body).toBe('held');
    await client.ended;
    expect(client.unread.length).toBe(0);
  });

  it('has the time of a handshake, whatever the server allows between two requests', async () => {
    const app = await start();
    Reflect.set(app.server, 'keepAliveTimeout', 1);
    const client = await app.raw();
    send(client, get('/page'), upgrade('/slow'));
    expect((await client.response()).body).toBe('page');
    await expectEcho(client, 'a');
  });

  it('is cut where that response takes longer than a handshake may', async () => {
    const app = await start({ handshakeTimeout: 100 });
    const client = await app.raw();
    send(client, get('/held/1'), get('/held/2'), upgrade('/live'));
    const first = await held.at('/held/1');
    const second = await held.at('/held/2');
    await client.ended;
    expect(client.unread.length).toBe(0);
    await eventually(() => expect(first.events).toContain('response close'), 'the first to end');
    expect(second.events).toContain('request aborted');
  });

  it('counts as a pending handshake', async () => {
    const app = await start({ maxPendingHandshakes: 1 });
    const client = await app.raw();
    send(client, get('/held/x'), upgrade('/live'));
    const { response } = await held.at('/held/x');
    const refused = await app.raw();
    refused.upgrade('/live');
    expect((await refused.response()).status).toBe(503);
    const cut = await app.raw();
    send(cut, get('/held/y'), upgrade('/live'));
    await cut.ended;
    response.end('held');
    expect((await client.response()).body).toBe('held');
    await expectEcho(client, 'a');
    const next = await app.raw();
    next.upgrade('/live');
    await expectEcho(next, 'b');
  });

  it('does not keep app.close() waiting', async () => {
    const app = await start();
    const waiting = await app.raw();
    send(waiting, get('/held/x'), upgrade('/live'));
    const { events } = await held.at('/held/x');
    await app.close();
    await waiting.ended;
    await eventually(() => expect(events).toContain('response close'), 'the response to end');
  });

  it('is refused where the server closes before that response has ended', async () => {
    const app = await start();
    const client = await app.raw();
    send(client, get('/held/x'), upgrade('/live'));
    const { response } = await held.at('/held/x');
    const closing = app.close();
    await eventually(() => expect(app.server.listening).toBe(false), 'the server to close');
    response.end('held');
    expect((await client.response()).body).toBe('held');
    await client.ended;
    await closing;
  });
});

describe.each(platforms)('clients that leave during a response on $name', (platform) => {
  let held: HeldRequests;

  beforeEach(() => {
    held = new HeldRequests();
  });

  afterEach(closeAllApps);

  const start = (target: Platform): Promise<RunningApp> =>
    startApp(target, { controllers: [HouseController], configure: (app) => held.install(app) });

  it.each([
    ['a reset', (client: RawClient) => client.resetAndDestroy()],
    ['a FIN', (client: RawClient) => client.end()],
  ])('abort it by %s, with an upgrade behind it as without', async (_way, leave) => {
    const app = await start(platform);
    const outcomes: string[][] = [];
    for (const [name, last] of [
      ['plain', ''],
      ['upgrade', upgrade('/live')],
    ] as const) {
      // oxlint-disable no-await-in-loop -- one after the other
      const client = await app.raw();
      send(client, get(`/held/${name}/1`), get(`/held/${name}/2`), last);
      const first = await held.at(`/held/${name}/1`);
      const second = await held.at(`/held/${name}/2`);
      leave(client);
      await eventually(() => {
        expect(first.events).toContain('response close');
        expect(second.events).toContain('request aborted');
      }, 'the requests to be aborted');
      await sleep(20);
      outcomes.push([...first.events, ...second.events]);
      // oxlint-enable no-await-in-loop
    }
    expect(outcomes[1]).toEqual(outcomes[0]);
  });
});
