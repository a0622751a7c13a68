import { Controller, Get } from '@nestjs/common';
import { WebSocket } from 'nestjs-revali-ws';
import { startApp } from '../../support/apps/app-factory.js';
import { sleep, within } from '../../support/deadline.js';
import { platforms } from '../../support/apps/platforms.js';
import { closeAllApps, type RunningApp } from '../../support/apps/running-app.js';
import { overTls } from '../../support/apps/tls-app.js';

@Controller('example')
class ExampleController {
  @WebSocket('ws', { triggerOnConnect: true })
  open(): string {
    return 'open';
  }

  @Get('http')
  http(): string {
    return 'answered';
  }
}

const TIMEOUT = 800;

describe.each(platforms)('sockets that are opened ahead on $name', (platform) => {
  afterEach(closeAllApps);

  const start = (): Promise<RunningApp> =>
    startApp(platform, {
      forRoot: { handshakeTimeout: TIMEOUT },
      controllers: [ExampleController],
    });

  it('have the whole time for a request from its first byte on', async () => {
    const app = await start();
    const [upgrading, getting] = [await app.raw(), await app.raw()];
    await sleep(TIMEOUT * 0.95);
    getting.write('GET /example/http HTTP/1.1\r\nHo');
    upgrading.write('GET /example/ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgra');
    await sleep(TIMEOUT / 3);
    getting.write('st: a\r\n\r\n');
    upgrading.write(
      'de: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
    );
    expect(await getting.response()).toMatchObject({ status: 200, body: 'answered' });
    expect((await upgrading.response()).status).toBe(101);
  });

  it('are answered with 408 when the rest of a head does not come', async () => {
    const app = await start();
    const stalling = await app.raw();
    await sleep(TIMEOUT * 1.1);
    const beganAt = performance.now();
    stalling.write('GET /example/http HTTP/1.1\r\n');
    expect((await stalling.response()).status).toBe(408);
    expect(performance.now() - beganAt).toBeGreaterThanOrEqual(TIMEOUT);
    await stalling.ended;
  });

  it('do not keep the application from closing', async () => {
    const app = await start();
    const silent = await Promise.all(Array.from({ length: 5 }, () => app.raw()));
    const client = await app.connect('/example/ws');
    expect(await client.text()).toBe('open');
    await within(app.close(), 'the application to close', 5_000);
    await Promise.all(silent.map(({ ended }) => ended));
    expect(await client.closed).toMatchObject({ code: 1001 });
  });

  it('do not keep the application from closing where not even TLS has begun', async () => {
    const app = await startApp(platform, {
      ...overTls(platform),
      forRoot: { handshakeTimeout: TIMEOUT },
      controllers: [ExampleController],
    });
    const silent = await app.raw({ isSecure: false });
    const begun = await app.raw();
    begun.write('GET /example/http HTTP/1.1\r\nHost: a\r\n\r\n');
    expect(await begun.response()).toMatchObject({ status: 200, body: 'answered' });
    begun.end();
    await within(app.close(), 'the application to close', 5_000);
    await Promise.all([silent.ended, begun.ended]);
  });
});
