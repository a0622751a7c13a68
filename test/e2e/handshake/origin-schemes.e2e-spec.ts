import { Body, Controller } from '@nestjs/common';
import { WebSocket, type OriginPolicy } from 'nestjs-revali-ws';
import { startApp } from '../../support/apps/app-factory.js';
import { startGateways } from '../../support/apps/gateways/app.js';
import { gatewayAt } from '../../support/apps/gateways/classes.js';
import { statusFor } from '../../support/clients/page.js';
import { platforms, type Platform } from '../../support/apps/platforms.js';
import { closeAllApps, type RunningApp } from '../../support/apps/running-app.js';

const PATH = '/live';
const Gateway = gatewayAt(undefined, PATH);

async function startRoute(platform: Platform, origins?: OriginPolicy): Promise<RunningApp> {
  @Controller()
  class LiveController {
    @WebSocket('live', origins === undefined ? {} : { origins })
    live(@Body() message: string): string {
      return message;
    }
  }
  return startApp(platform, { controllers: [LiveController] });
}

async function startGateway(platform: Platform, origins?: OriginPolicy): Promise<RunningApp> {
  const options = origins === undefined ? {} : { origins };
  return (await startGateways(platform, [Gateway], options)).app;
}

/** As their makers document them, or as they were seen. */
const OF_PROGRAMS = [
  'file://',
  'app://-',
  'app://x',
  'app://localhost:3000',
  'capacitor://localhost',
  'ionic://localhost',
  'tauri://localhost',
  'chrome-extension://aapbdbdomjkkjkaonfhkkikfgjllcleb',
  'moz-extension://6c1f1a7c-0f4e-4a39-9a2f-0b7c8f4f0a11',
  'safari-web-extension://E5A8F4C2-7B1D-4B9E-9D4E-1F2A3B4C5D6E',
  'vscode-webview://1a2b3c',
  'ms-appx-web://com.example.app',
  'ws://192.168.4.1',
  'http://ESP_8266.local',
];

const SPELLINGS: readonly [listed: string, sent: string][] = [
  ['https://a.com', 'HTTPS://A.COM'],
  ['HTTPS://A.com:443', 'https://a.com'],
  ['http://a.com', 'http://a.com:80'],
  ['https://a.com.', 'https://a.com.'],
  ['https://bücher.example', 'https://xn--bcher-kva.example'],
  ['https://xn--bcher-kva.example', 'https://xn--bcher-kva.example'],
  ['http://[0:0:0:0:0:0:0:1]:3000', 'http://[::1]:3000'],
  ['http://[::1]', 'http://[::1]:80'],
  ['http://127.0.0.1:8080', 'http://127.0.0.1:8080'],
  ['Capacitor://LocalHost', 'capacitor://localhost'],
  ['FILE://', 'file://'],
  ['null', 'null'],
];

const STRANGERS: readonly [listed: string, sent: string][] = [
  ['https://a.com', 'https://a.com.'],
  ['https://a.com.', 'https://a.com'],
  ['https://a.com', 'https://a.com:8443'],
  ['http://a.com', 'http://a.com:443'],
  ['https://a.com', 'wss://a.com'],
  ['app://a.com', 'https://a.com'],
  ['app://x', 'app://x:80'],
  ['file://', 'file:///'],
  ['file://', 'file://a.com'],
  ['file://', 'null'],
  ['file://', ''],
  ['app://x', 'app://x/y'],
  ['app://x', 'app://x@y'],
  ['null', 'file://'],
  ['null', 'NULL'],
  ['null', ''],
];

const PATTERNS: readonly [pattern: RegExp, sent: string, status: number][] = [
  [/.*/, 'file://', 101],
  [/file:\/\/.*/, 'file://', 101],
  [/file:\/\/.*/, 'file:///', 101],
  [/capacitor:\/\/localhost/, 'capacitor://localhost', 101],
  [/(?:chrome|moz)-extension:\/\/[a-z0-9-]+/, 'moz-extension://6c1f1a7c-0f4e', 101],
  [/safari-web-extension:\/\/[A-F0-9-]+/, 'safari-web-extension://E5A8F4C2-7B1D', 101],
  [/safari-web-extension:\/\/[a-f0-9-]+/, 'safari-web-extension://E5A8F4C2-7B1D', 101],
  // As it was sent, and as it is spelled in one way only.
  [/HTTPS:\/\/A\.COM:443/, 'HTTPS://A.COM:443', 101],
  [/https:\/\/a\.com/, 'HTTPS://A.COM:443', 101],
  [/^https:\/\/a\.com$/m, 'https://a.com', 101],
  [/https:\/\/A\.COM/i, 'https://a.com', 101],
  [/https:\/\/(?<tenant>\w+)\.a\.com/u, 'https://b.a.com', 101],
  [/http:\/\/192\.168\.4\.1\//, 'http://192.168.4.1/', 101],
  [/esp32\.local/, 'esp32.local', 101],
  [/a\.com/, 'https://a.com', 403],
  [/file/, 'file://', 403],
  [/https:\/\/a\.com|https:\/\/b\.com/, 'https://b.com.evil.io', 403],
  [/https:\/\/.*a\.com/, 'https://evil.io/a.com', 403],
  [/https:\/\/.*a\.com/, 'https://evil.io#a.com', 403],
  [/https:\/\/.*a\.com/, 'https://evil.io?a.com', 403],
  [/https:\/\/.*a\.com/, String.raw`https://evil.io\a.com`, 403],
  [/https:\/\/.*a\.com/, 'https://evil.io@a.com', 403],
  [/https:\/\/a\.com.*/, 'https://a.com, https://evil.io', 403],
  [/https:\/\/a\.com.*/, 'https://a.com https://evil.io', 403],
  [/.*/, '', 403],
  [/.*/, 'null', 403],
  [/.*/, 'NULL', 403],
  [/\w+/, 'null', 403],
];

const REFUSED_AT_START: readonly (string | RegExp)[] = [
  'file:///',
  'app://x/',
  'app://x/index.html',
  'app:x',
  'app://x@y',
  'capacitor:',
  'localhost:3000',
  'https://',
  'https://a.com:99999',
  'https://a b.com',
  'NULL',
  'blob:https://a.com',
  /null/,
  /^NULL$/i,
  /https:\/\/a\.com|null/,
];

const kinds = [
  { kind: 'a route', start: startRoute },
  { kind: 'a gateway', start: startGateway },
];

const cases = platforms.flatMap((platform) =>
  kinds.map(({ kind, start }) => ({ platform, kind, start })),
);

describe.each(cases)('the list of origins of $kind on $platform.name', ({ platform, start }) => {
  afterEach(closeAllApps);

  it.each([...OF_PROGRAMS, ...SPELLINGS.map(([listed]) => listed)].filter(isAscii))(
    'lets in exactly what it lists: %s',
    async (origin) => {
      const app = await start(platform, [origin]);
      expect(await statusFor(app, PATH, { origin })).toBe(101);
    },
  );

  it.each(SPELLINGS)('takes %s and %s for one origin', async (listed, origin) => {
    const app = await start(platform, [listed]);
    expect(await statusFor(app, PATH, { origin })).toBe(101);
  });

  it.each(STRANGERS)('with %j refuses %j', async (listed, origin) => {
    const app = await start(platform, [listed]);
    expect(await statusFor(app, PATH, { origin })).toBe(403);
  });

  it.each(PATTERNS)('with %s answers %j by %d, each time', async (pattern, origin, status) => {
    for (const flags of ['', 'g', 'y']) {
      const app = await start(platform, [new RegExp(pattern.source, pattern.flags + flags)]);
      for (let times = 0; times < 3; times += 1) {
        expect(await statusFor(app, PATH, { origin })).toBe(status);
      }
    }
  });

  it.each(REFUSED_AT_START)(
    'is refused at start with %s, which could never match',
    async (entry) => {
      await expect(start(platform, [entry])).rejects.toThrow(
        /"origins" .*(Write an origin as a browser sends it|list 'null' itself)/,
      );
    },
  );

  it.each([...OF_PROGRAMS, 'null', ''])("is not part of 'same-origin': %j", async (origin) => {
    const app = await start(platform);
    expect(await statusFor(app, PATH, { origin })).toBe(403);
  });

  it.each([...OF_PROGRAMS, 'https://a.com', 'null', '', 'file:///', 'esp32', 'https://a.com/b'])(
    'is advised in the log to take %j, and then does',
    async (origin) => {
      const refusing = await start(platform, []);
      refusing.logs.clear();
      expect(await statusFor(refusing, PATH, { origin })).toBe(403);
      const [line = ''] = refusing.logs.messages('warn');
      const policy: OriginPolicy = line.includes('only a function')
        ? (asked) => asked === origin
        : [origin];
      expect(await statusFor(await start(platform, policy), PATH, { origin })).toBe(101);
    },
  );

  it('is not what the log advises where a function has decided', async () => {
    const app = await start(platform, () => false);
    app.logs.clear();
    expect(await statusFor(app, PATH, { origin: 'https://a.com' })).toBe(403);
    expect(app.logs.messages('warn')[0]).toMatch(
      /refused the origin "https:\/\/a\.com"\. The function in the option "origins" refused it\.$/,
    );
  });
});

/** As headers are. */
function isAscii(text: string): boolean {
  return /^[ -~]*$/.test(text);
}
