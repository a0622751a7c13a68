import { Body, Controller, Injectable, type CanActivate, UseGuards } from '@nestjs/common';
import { WebSocket } from 'nestjs-revali-ws';
import { startApp } from '../../support/apps/app-factory.js';
import { ObserverLog } from '../../support/records/observer-log.js';
import { statusFor } from '../../support/clients/page.js';
import { platforms } from '../../support/apps/platforms.js';
import { nestBody, refusedUpgrade } from '../../support/raw/refused-upgrade.js';
import { closeAllApps } from '../../support/apps/running-app.js';

const guarded: string[] = [];

@Injectable()
class RecordingGuard implements CanActivate {
  canActivate(): boolean {
    guarded.push('asked');
    return true;
  }
}

@Controller()
class ChatController {
  @UseGuards(RecordingGuard)
  @WebSocket('chat')
  chat(@Body() message: string): string {
    return message;
  }

  @WebSocket('open', { origins: '*' })
  open(@Body() message: string): string {
    return message;
  }
}

interface Judged {
  what: string;
  host: string;
  origin: string;
}

const same: readonly Judged[] = [
  { what: 'the same host', host: 'example.com', origin: 'http://example.com' },
  { what: 'upper case', host: 'example.com', origin: 'HTTP://EXAMPLE.COM' },
  { what: 'a Host in upper case', host: 'Example.COM', origin: 'http://example.com' },
  { what: 'the default port in the Host', host: 'example.com:80', origin: 'http://example.com' },
  { what: 'the default port in the origin', host: 'example.com', origin: 'http://example.com:80' },
  { what: 'the same port', host: 'example.com:3000', origin: 'http://example.com:3000' },
  { what: 'an IPv4 host', host: '127.0.0.1:3000', origin: 'http://127.0.0.1:3000' },
  { what: 'an IPv6 host', host: '[::1]:3000', origin: 'http://[::1]:3000' },
  { what: 'an IPv6 host without a port', host: '[2001:db8::1]', origin: 'http://[2001:db8::1]' },
  { what: 'an IPv6 host, written out', host: '[::1]', origin: 'http://[0:0:0:0:0:0:0:1]' },
];

const foreign: readonly Judged[] = [
  { what: 'another host', host: 'example.com', origin: 'http://evil.io' },
  { what: 'a host below it', host: 'example.com', origin: 'http://evil.example.com' },
  { what: 'the host above it', host: 'app.example.com', origin: 'http://example.com' },
  { what: 'a host that begins so', host: 'example.com', origin: 'http://example.com.evil.io' },
  { what: 'a host that ends so', host: 'example.com', origin: 'http://evilexample.com' },
  { what: 'another port', host: 'example.com', origin: 'http://example.com:8080' },
  { what: 'a port less', host: 'example.com:8080', origin: 'http://example.com' },
  { what: 'another scheme', host: 'example.com', origin: 'https://example.com' },
  { what: 'the port of another scheme', host: 'example.com:443', origin: 'https://example.com' },
  { what: 'a scheme of no page', host: 'example.com', origin: 'ftp://example.com' },
  { what: 'an extension', host: 'example.com', origin: 'chrome-extension://example.com' },
  { what: 'a user in the origin', host: 'example.com', origin: 'http://example.com@evil.io' },
  { what: 'the host as a user', host: 'example.com', origin: 'http://evil.io@example.com' },
  { what: 'a path in the origin', host: 'example.com', origin: 'http://example.com/' },
  { what: 'a backslash', host: 'example.com', origin: 'http://example.com\\@evil.io' },
  { what: 'two origins in one', host: 'example.com', origin: 'http://example.com http://evil.io' },
  { what: 'a list of origins', host: 'example.com', origin: 'http://example.com, http://evil.io' },
  { what: 'no scheme', host: 'example.com', origin: 'example.com' },
  { what: 'the word null', host: 'example.com', origin: 'null' },
  { what: 'the word null, of a host named so', host: 'null', origin: 'null' },
  { what: 'nothing', host: 'example.com', origin: '' },
  { what: 'another IPv6 host', host: '[::1]', origin: 'http://[::2]' },
];

describe.each(platforms)('the origin of a page on $name', (platform) => {
  afterEach(closeAllApps);
  beforeEach(() => {
    guarded.length = 0;
  });

  const start = () => startApp(platform, { controllers: [ChatController] });

  it('has to be that of the server, by default', async () => {
    const app = await start();
    for (const { what, host, origin } of same) {
      expect([what, await statusFor(app, '/chat', { host, origin })]).toEqual([what, 101]);
    }
    for (const { what, host, origin } of foreign) {
      expect([what, await statusFor(app, '/chat', { host, origin })]).toEqual([what, 403]);
    }
  });

  it('is nothing that other clients have', async () => {
    const app = await start();
    expect(await statusFor(app, '/chat', {})).toBe(101);
  });

  it('is refused with 403, before any guard and with nothing of the request in the answer', async () => {
    const observer = new ObserverLog();
    const app = await startApp(platform, {
      controllers: [ChatController],
      forRoot: { observers: [observer] },
    });
    const response = await refusedUpgrade(app, '/chat', {
      headers: [['Origin', 'http://evil.io']],
    });
    expect(response.status).toBe(403);
    expect(JSON.parse(response.body)).toEqual(nestBody(403, 'Origin is not allowed'));
    expect(guarded).toEqual([]);
    expect(await observer.outcome()).toMatchObject({
      kind: 'refused',
      status: 403,
      initiator: 'server',
    });
  });

  it('is refused with 400 where it is sent twice', async () => {
    const app = await start();
    const own = `http://127.0.0.1:${app.port}`;
    const headers = [
      ['Origin', own],
      ['Origin', own],
    ] as const;
    for (const path of ['/chat', '/open']) {
      const response = await refusedUpgrade(app, path, { headers });
      expect(JSON.parse(response.body)).toEqual(nestBody(400, 'Repeated Origin'));
    }
  });

  it('means nothing to a route for all origins', async () => {
    const app = await start();
    for (const { what, host, origin } of foreign) {
      expect([what, await statusFor(app, '/open', { host, origin })]).toEqual([what, 101]);
    }
  });

  it('is said in one line of the log, with the option that allows it, however many are refused', async () => {
    const app = await start();
    app.logs.clear();
    for (let page = 0; page < 20; page += 1) {
      expect(await statusFor(app, '/chat', { origin: `http://evil-${page}.io` })).toBe(403);
    }
    expect(app.logs.messages('warn')).toEqual([
      'ChatController.chat() refused the origin "http://evil-0.io". ' +
        'Add it to the option "origins" to allow it.',
    ]);
    expect(app.logs.at('error')).toEqual([]);
  });

  it('cannot write lines of its own into the log', async () => {
    const app = await start();
    app.logs.clear();
    expect(await statusFor(app, '/chat', { origin: `a"b\u009b31m${'x'.repeat(5000)}` })).toBe(403);
    const [line = ''] = app.logs.messages('warn');
    expect(line).not.toContain('\u009b');
    expect(line.length).toBeLessThan(300);
  });
});
