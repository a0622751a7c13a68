import { gate } from '../../support/gate.js';
import { startGateways } from '../../support/apps/gateways/app.js';
import { gatewayAt } from '../../support/apps/gateways/classes.js';
import { platforms } from '../../support/apps/platforms.js';
import { nestBody, refusedUpgrade } from '../../support/raw/refused-upgrade.js';
import { closeAllApps } from '../../support/apps/running-app.js';
import { upgradeStatus } from '../../support/clients/upgrade-status.js';
import { eventually } from '../../support/deadline.js';

const Gateway = gatewayAt(undefined, '/chat');
const fromPage = (origin: string) => ({ headers: { Origin: origin } });

describe.each(platforms)('a client of a gateway is let in on $name', (platform) => {
  afterEach(closeAllApps);

  it('from a page of the same host, also where a proxy ends TLS', async () => {
    const { app } = await startGateways(platform, [Gateway]);
    const host = `127.0.0.1:${app.port}`;
    expect(await upgradeStatus(app, '/chat', fromPage(`http://${host}`))).toBe(101);
    expect(await upgradeStatus(app, '/chat', fromPage(`https://${host}`))).toBe(101);
    expect(await upgradeStatus(app, '/chat')).toBe(101);
  });

  it('not from another page, which is answered with 403 and one warning', async () => {
    const { app, adapter } = await startGateways(platform, [Gateway]);
    const refused = await refusedUpgrade(app, '/chat', {
      headers: [['Origin', 'https://evil.io']],
    });
    expect(refused.status).toBe(403);
    expect(JSON.parse(refused.body)).toEqual(nestBody(403, 'Origin is not allowed'));
    await refusedUpgrade(app, '/chat', { headers: [['Origin', 'https://evil.io']] });
    expect(app.logs.messages('warn')).toEqual([
      'A gateway refused the origin "https://evil.io". Add it to the option "origins" to allow it.',
    ]);
    expect(adapter.snapshot().connections).toMatchObject({ total: 0, refused: { 403: 2 } });
  });

  it('by a list of origins, or by a function that takes its time', async () => {
    const { app } = await startGateways(platform, [Gateway], { origins: ['https://a.io'] });
    expect(await upgradeStatus(app, '/chat', fromPage('https://a.io'))).toBe(101);
    expect(await upgradeStatus(app, '/chat', fromPage('https://b.io'))).toBe(403);
    const asked: unknown[] = [];
    const { app: other } = await startGateways(platform, [Gateway], {
      origins: async (origin, request) => {
        asked.push([origin, request.url]);
        return origin === 'https://a.io';
      },
    });
    const client = await other.connect('/chat', fromPage('https://a.io'));
    client.sendJson({ event: 'push', data: 1 });
    expect(await client.json()).toEqual({ event: 'pop', data: 1 });
    expect(await upgradeStatus(other, '/chat', fromPage('https://b.io'))).toBe(403);
    expect(asked).toEqual([
      ['https://a.io', '/chat'],
      ['https://b.io', '/chat'],
    ]);
  });

  it.each([
    [
      'throws',
      () => {
        throw new Error('no database');
      },
    ],
    ['rejects', () => Promise.reject(new Error('no database'))],
  ])('not where the function %s: 500, and the error is logged', async (_how, origins) => {
    const { app } = await startGateways(platform, [Gateway], { origins });
    expect(await upgradeStatus(app, '/chat', fromPage('https://a.io'))).toBe(500);
    expect(app.logs.messages('error')).toEqual(['no database']);
  });

  it('not where the function takes longer than handshakeTimeout: 408', async () => {
    const door = gate();
    const { app, adapter } = await startGateways(platform, [Gateway], {
      origins: () => door.opened.then(() => false),
      handshakeTimeout: 60,
    });
    const refused = await refusedUpgrade(app, '/chat', { headers: [['Origin', 'https://a.io']] });
    expect(refused.status).toBe(408);
    // The verdict comes too late.
    door.open();
    expect(await upgradeStatus(app, '/chat')).toBe(101);
    expect(adapter.snapshot().connections.refused).toEqual({ 408: 1 });
  });

  it('with more than is kept for it before it is in', async () => {
    const door = gate();
    const { app } = await startGateways(platform, [Gateway], {
      origins: () => door.opened.then(() => true),
    });
    const client = await app.raw();
    client.upgrade('/chat', { headers: [['Origin', 'https://a.io']] });
    const data = 'x'.repeat(500_000);
    client.frame({ opcode: 1, payload: JSON.stringify({ event: 'push', data }) });
    await client.expectNothing(60);
    door.open();
    expect((await client.response()).status).toBe(101);
    const { payload } = await client.nextFrame();
    expect(payload.toString()).toBe(JSON.stringify({ event: 'pop', data }));
  });

  it('with what it sent before it was in', async () => {
    const door = gate();
    const { app } = await startGateways(platform, [Gateway], {
      origins: () => door.opened.then(() => true),
    });
    const client = await app.raw();
    client.upgrade('/chat', { headers: [['Origin', 'https://a.io']] });
    client.frame({ opcode: 1, payload: '{"event":"push","data":"early"}' });
    await client.expectNothing(30);
    door.open();
    expect((await client.response()).status).toBe(101);
    expect((await client.nextFrame()).payload.toString()).toBe('{"event":"pop","data":"early"}');
  });

  it('or forgotten where it leaves first', async () => {
    const door = gate();
    const asked: unknown[] = [];
    const { app, adapter } = await startGateways(platform, [Gateway], {
      origins: (origin) => {
        asked.push(origin);
        return door.opened.then(() => true);
      },
      maxPendingHandshakes: 1,
    });
    const leaver = await app.raw();
    leaver.upgrade('/chat', { headers: [['Origin', 'https://a.io']] });
    await eventually(() => expect(asked).toHaveLength(1), 'the function to be asked');
    const refused = await refusedUpgrade(app, '/chat', { headers: [['Origin', 'https://a.io']] });
    expect(refused.status).toBe(503);
    leaver.resetAndDestroy();
    await eventually(async () => {
      const other = await app.raw();
      other.upgrade('/chat', { headers: [['Origin', 'https://a.io']] });
      await other.expectNothing(20);
    }, 'the place to be free');
    door.open();
    await eventually(() => expect(adapter.snapshot().connections.total).toBe(1), 'the other');
  });

  it('up to maxConnections; more see 503 with Retry-After', async () => {
    const { app, adapter } = await startGateways(platform, [Gateway], { maxConnections: 1 });
    const first = await app.connect('/chat');
    const refused = await refusedUpgrade(app, '/chat');
    expect(refused.status).toBe(503);
    expect(refused.headers['retry-after']).toEqual(['5']);
    expect(adapter.snapshot().connections).toMatchObject({
      open: 1,
      total: 1,
      refused: { 503: 1 },
    });
    await first.close();
    await eventually(async () => expect(await upgradeStatus(app, '/chat')).toBe(101), 'room');
  });

  it.each([
    ['a missing key', { omit: ['Sec-WebSocket-Key'] }, 400],
    ['an old version', { headers: [['Sec-WebSocket-Version', '8']] as const }, 400],
    ['a body', { headers: [['Content-Length', '3']] as const, extraBytes: 'abc' }, 400],
    ['another method', { method: 'POST' }, 405],
  ])('not with %s', async (_what, upgrade, status) => {
    const { app } = await startGateways(platform, [Gateway]);
    expect((await refusedUpgrade(app, '/chat', upgrade)).status).toBe(status);
  });

  it("with the gateway's own verifyClient and handleProtocols, as with WsAdapter", async () => {
    const { app } = await startGateways(platform, [
      gatewayAt(undefined, '/chat', 'pop', {
        verifyClient: ({ req }: { req: { url: string } }) => req.url.endsWith('?key=1'),
        handleProtocols: () => 'v2',
      }),
    ]);
    expect(await upgradeStatus(app, '/chat')).toBe(401);
    const client = await app.connect('/chat?key=1', { protocols: ['v1', 'v2'] });
    expect(client.protocol).toBe('v2');
  });

  it("refused with close frames where the option refusal is 'close'", async () => {
    const { app } = await startGateways(platform, [Gateway], { refusal: 'close' });
    const page = await app.connect('/chat', fromPage('https://evil.io'));
    expect(await page.closed).toMatchObject({ code: 4403, reason: 'Origin is not allowed' });
    const lost = await app.connect('/elsewhere');
    expect(await lost.closed).toMatchObject({ code: 4404 });
  });

  it('or reset while it is judged, and the process goes on', async () => {
    const { app } = await startGateways(platform, [Gateway], {
      origins: () => new Promise<boolean>(() => undefined),
    });
    const client = await app.raw();
    client.upgrade('/chat', { headers: [['Origin', 'https://a.io']] });
    client.resetAndDestroy();
    await expect(app.connect('/chat')).resolves.toBeDefined();
  });
});
