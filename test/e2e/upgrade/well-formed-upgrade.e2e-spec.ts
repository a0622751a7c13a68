import { Body, Controller, Get } from '@nestjs/common';
import { WebSocket } from 'nestjs-revali-ws';
import { startApp } from '../../support/apps/app-factory.js';
import { platforms } from '../../support/apps/platforms.js';
import { Opcode, encodeFrame } from '../../support/raw/raw-frame.js';
import { SAMPLE_KEY, acceptFor, type RawUpgrade } from '../../support/raw/raw-upgrade.js';
import { closeAllApps } from '../../support/apps/running-app.js';

@Controller('example')
class EchoController {
  @WebSocket('websocket')
  echo(@Body() message: string): string {
    return `Echo: ${message}`;
  }

  @Get('plain')
  plain(): string {
    return 'plain';
  }
}

describe.each(platforms)('well-formed upgrades in unusual dress on $name', (platform) => {
  afterEach(closeAllApps);

  it.each<[string, RawUpgrade]>([
    ['Upgrade in another case', { headers: [['Upgrade', 'WebSocket']] }],
    ['a list in Connection', { headers: [['Connection', 'keep-alive, Upgrade']] }],
    ['Content-Length: 0', { headers: [['Content-Length', '0']] }],
    ['header names in another case', { headers: [['sec-websocket-KEY', SAMPLE_KEY]] }],
    ['a Host of IPv6 with a port', { headers: [['Host', '[::1]:8080']] }],
    ['subprotocols that nobody chose', { headers: [['Sec-WebSocket-Protocol', 'a, b']] }],
  ])('with %s are served', async (_dress, upgrade) => {
    const app = await startApp(platform, { controllers: [EchoController] });
    const client = await app.raw();
    client.upgrade('/example/websocket', upgrade);
    const answer = await client.response();
    expect(answer.status).toBe(101);
    expect(answer.headers['sec-websocket-accept']).toEqual([acceptFor(SAMPLE_KEY)]);
    expect(answer.headers).not.toHaveProperty('sec-websocket-protocol');
    client.frame({ opcode: Opcode.text, payload: 'hi' });
    expect((await client.nextFrame()).payload.toString()).toBe('Echo: hi');
  });

  it('lose no frame that comes in the same packet as the request', async () => {
    const app = await startApp(platform, { controllers: [EchoController] });
    const client = await app.raw();
    const early = ['one', 'two'].map((payload) => encodeFrame({ opcode: Opcode.text, payload }));
    client.upgrade('/example/websocket', { extraBytes: Buffer.concat(early) });
    expect((await client.response()).status).toBe(101);
    expect((await client.nextFrame()).payload.toString()).toBe('Echo: one');
    expect((await client.nextFrame()).payload.toString()).toBe('Echo: two');
  });

  it('lose no frame that is cut in two by the end of the packet', async () => {
    const app = await startApp(platform, { controllers: [EchoController] });
    const client = await app.raw();
    const whole = encodeFrame({ opcode: Opcode.text, payload: 'halves' });
    client.upgrade('/example/websocket', { extraBytes: whole.subarray(0, 5) });
    expect((await client.response()).status).toBe(101);
    client.write(whole.subarray(5));
    expect((await client.nextFrame()).payload.toString()).toBe('Echo: halves');
  });

  it('may follow plain requests on one connection', async () => {
    const app = await startApp(platform, { controllers: [EchoController] });
    const client = await app.raw();
    client.write('GET /example/plain HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n');
    expect(await client.response()).toMatchObject({ status: 200, body: 'plain' });
    client.upgrade('/example/websocket');
    expect((await client.response()).status).toBe(101);
    client.frame({ opcode: Opcode.text, payload: 'hi' });
    expect((await client.nextFrame()).payload.toString()).toBe('Echo: hi');
  });
});
