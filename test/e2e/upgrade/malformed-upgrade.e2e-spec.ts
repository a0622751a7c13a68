import { Body, Controller } from '@nestjs/common';
import { WebSocket } from 'nestjs-revali-ws';
import { startApp } from '../../support/apps/app-factory.js';
import { sleep } from '../../support/deadline.js';
import { unhandled, type UnhandledRecorder } from '../../support/faults/leaks.js';
import { platforms } from '../../support/apps/platforms.js';
import { Opcode, encodeFrame } from '../../support/raw/raw-frame.js';
import { SAMPLE_KEY, type RawUpgrade } from '../../support/raw/raw-upgrade.js';
import { closeAllApps, type RunningApp } from '../../support/apps/running-app.js';

const handled: string[] = [];

@Controller('example')
class EchoController {
  @WebSocket('websocket')
  echo(@Body() message: string): string {
    handled.push(message);
    return `Echo: ${message}`;
  }
}

const frame = encodeFrame({ opcode: Opcode.text, payload: 'smuggled' });

interface Malformed {
  fault: string;
  upgrade: RawUpgrade;
  /** 400 unless told. */
  status?: number;
  /** Headers that the answer must have. */
  headers?: Record<string, string[]>;
}

const upgrades: readonly Malformed[] = [
  { fault: 'no key', upgrade: { omit: ['Sec-WebSocket-Key'] } },
  { fault: 'an empty key', upgrade: { headers: [['Sec-WebSocket-Key', '']] } },
  { fault: 'a key that is too short', upgrade: { headers: [['Sec-WebSocket-Key', 'abc=']] } },
  {
    fault: 'a key that is no base64',
    upgrade: { headers: [['Sec-WebSocket-Key', '!!!!!!!!!!!!!!!!!!!!!!==']] },
  },
  {
    fault: 'two keys',
    upgrade: {
      headers: [
        ['Sec-WebSocket-Key', SAMPLE_KEY],
        ['Sec-WebSocket-Key', SAMPLE_KEY],
      ],
    },
  },
  {
    fault: 'version 12',
    upgrade: { headers: [['Sec-WebSocket-Version', '12']] },
    headers: { 'sec-websocket-version': ['13'] },
  },
  {
    fault: 'version 8, which ws would take',
    upgrade: { headers: [['Sec-WebSocket-Version', '8']] },
    headers: { 'sec-websocket-version': ['13'] },
  },
  {
    fault: 'no version',
    upgrade: { omit: ['Sec-WebSocket-Version'] },
    headers: { 'sec-websocket-version': ['13'] },
  },
  { fault: 'POST', upgrade: { method: 'POST' }, status: 405, headers: { allow: ['GET'] } },
  { fault: 'PUT', upgrade: { method: 'PUT' }, status: 405, headers: { allow: ['GET'] } },
  { fault: 'HTTP/1.0', upgrade: { httpVersion: '1.0' } },
  { fault: 'no Host', upgrade: { omit: ['Host'] } },
  {
    fault: 'two Hosts',
    upgrade: {
      headers: [
        ['Host', 'a.example'],
        ['Host', 'b.example'],
      ],
    },
  },
  { fault: 'an empty Host', upgrade: { headers: [['Host', '']] } },
  { fault: 'a Host with a space', upgrade: { headers: [['Host', 'a b']] } },
  { fault: 'a Host with user info', upgrade: { headers: [['Host', 'user:pass@a.example']] } },
  { fault: 'a Host with a path', upgrade: { headers: [['Host', 'a.example/path']] } },
  {
    fault: 'two Upgrade headers',
    upgrade: {
      headers: [
        ['Upgrade', 'websocket'],
        ['Upgrade', 'websocket'],
      ],
    },
  },
  { fault: 'two protocols in Upgrade', upgrade: { headers: [['Upgrade', 'websocket, h2c']] } },
  {
    fault: 'a body with a length',
    upgrade: { headers: [['Content-Length', String(frame.length)]], extraBytes: frame },
  },
  {
    fault: 'a chunked body',
    upgrade: {
      headers: [['Transfer-Encoding', 'chunked']],
      extraBytes: `${frame.length.toString(16)}\r\n${frame.toString('latin1')}\r\n0\r\n\r\n`,
    },
  },
  {
    fault: 'two Origins',
    upgrade: {
      headers: [
        ['Origin', 'http://a.example'],
        ['Origin', 'http://b.example'],
      ],
    },
  },
  {
    fault: 'a subprotocol that is no token',
    upgrade: { headers: [['Sec-WebSocket-Protocol', 'a b']] },
  },
  { fault: 'an empty subprotocol', upgrade: { headers: [['Sec-WebSocket-Protocol', 'a,,b']] } },
  { fault: 'a subprotocol twice', upgrade: { headers: [['Sec-WebSocket-Protocol', 'a, a']] } },
];

/** What Node's parser, and not the library, refuses; the platform may write the answer. */
const unparsable: readonly Malformed[] = [
  {
    fault: '20 KB of headers',
    upgrade: { headers: [['X-Filler', 'x'.repeat(20_000)]] },
    status: 431,
  },
  { fault: 'a control character in a header', upgrade: { headers: [['X-Bad', 'a\u0001b']] } },
  { fault: 'a header without a name', upgrade: { headers: [['', 'nameless']] } },
  { fault: 'another version of HTTP', upgrade: { httpVersion: '3.7' } },
];

/** What was refused has left nothing behind. */
async function expectToServe(app: RunningApp): Promise<void> {
  const client = await app.connect('/example/websocket');
  client.send('hi');
  expect(await client.text()).toBe('Echo: hi');
  await client.close();
}

describe.each(platforms)('malformed upgrades on $name', (platform) => {
  let recorder: UnhandledRecorder;

  beforeEach(() => {
    handled.length = 0;
    recorder = unhandled();
  });

  afterEach(async () => {
    await closeAllApps();
    expect(await recorder.release()).toEqual([]);
  });

  it.each(upgrades)('with $fault are refused', async ({ upgrade, status = 400, headers = {} }) => {
    const app = await startApp(platform, { controllers: [EchoController] });
    const client = await app.raw();
    client.upgrade('/example/websocket', upgrade);
    const answer = await client.response();
    expect(answer.status).toBe(status);
    expect(answer.headers).toMatchObject({ connection: ['close'], ...headers });
    await client.ended;
    expect(client.unread).toHaveLength(0);
    expect(handled).toEqual([]);
    await expectToServe(app);
  });

  it.each(unparsable)('with $fault are refused too', async ({ upgrade, status = 400 }) => {
    const app = await startApp(platform, { controllers: [EchoController] });
    const client = await app.raw();
    client.upgrade('/example/websocket', upgrade);
    expect((await client.response()).status).toBe(status);
    await client.ended;
    expect(handled).toEqual([]);
    await expectToServe(app);
  });

  it.each(['websocket', 'h2c'])(
    'whose headers Node has not read to the end are refused, also where the client leaves (%s)',
    async (protocol) => {
      const app = await startApp(platform, { controllers: [EchoController] });
      const junk = Array.from({ length: 1_100 }, (): [string, string] => ['a', '']);
      const headers: [string, string][] = [...junk, ['Content-Length', '11']];
      const upgrade = { omit: ['Upgrade'], headers: [['Upgrade', protocol], ...headers] } as const;
      const client = await app.raw();
      client.upgrade('/example/websocket', upgrade);
      expect((await client.response()).status).toBe(431);
      for (let delay = 0; delay < 10; delay += 1) {
        const leaver = await app.raw();
        leaver.pause();
        leaver.upgrade('/example/websocket', upgrade);
        await sleep(delay);
        // With an answer that was not read, this is a reset.
        leaver.destroy();
      }
      expect(handled).toEqual([]);
      await expectToServe(app);
    },
  );

  it('say what was wrong, in the form of Nest', async () => {
    const app = await startApp(platform, { controllers: [EchoController] });
    const client = await app.raw();
    client.upgrade('/example/websocket', { omit: ['Sec-WebSocket-Key'] });
    expect(JSON.parse((await client.response()).body)).toEqual({
      statusCode: 400,
      error: 'Bad Request',
      message: 'Missing or invalid Sec-WebSocket-Key',
    });
  });

  it('with extensions that nobody can read are refused, or the extensions are passed over', async () => {
    const app = await startApp(platform, { controllers: [EchoController] });
    for (const offered of ['', 'permessage-deflate; =', ', ,', '"unfinished', 'x; y="\\']) {
      const client = await app.raw();
      client.upgrade('/example/websocket', { headers: [['Sec-WebSocket-Extensions', offered]] });
      const answer = await client.response();
      expect([101, 400]).toContain(answer.status);
      expect(answer.headers).not.toHaveProperty('sec-websocket-extensions');
      client.destroy();
    }
    await expectToServe(app);
  });

  it('that are no HTTP at all are refused', async () => {
    const app = await startApp(platform, { controllers: [EchoController] });
    for (const bytes of ['\u0016\u0003\u0001\u0002\u0000', 'hello\r\n\r\n', '\r\n\r\nGET']) {
      const client = await app.raw();
      client.write(bytes);
      client.end();
      await client.ended;
    }
    await expectToServe(app);
  });
});
