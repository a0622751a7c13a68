import type { Type } from '@nestjs/common';
import { WebSocketGateway } from '@nestjs/websockets';
import type { IncomingMessage } from 'node:http';

import { eventually, sleep, within } from '../../support/deadline.js';
import { startGateways } from '../../support/apps/gateways/app.js';
import { unhandled } from '../../support/faults/leaks.js';
import { platforms } from '../../support/apps/platforms.js';
import { refusedUpgrade } from '../../support/raw/refused-upgrade.js';
import { closeAllApps } from '../../support/apps/running-app.js';
import { upgradeStatus } from '../../support/clients/upgrade-status.js';

type Answer = (...answer: unknown[]) => void;

function gatewayWith(own: object): Type<unknown> {
  @WebSocketGateway({ path: '/gateway', ...own })
  class Gateway {}
  return Gateway;
}

const never = new Promise<never>(() => undefined);
const fail = (): never => {
  throw new Error('a fault of the application');
};
const protocols = { headers: [['Sec-WebSocket-Protocol', 'v1, v2']] as const };

/** Asked in the callback form: `ws` looks at the number of parameters. */
const withCallback =
  (does: (answer: Answer) => unknown) =>
  (_info: unknown, answer: Answer): unknown =>
    does(answer);

describe.each(platforms)("a gateway's verifyClient on $name", (platform) => {
  const recorder = unhandled();
  afterEach(closeAllApps);
  afterAll(async () => expect(await recorder.release()).toEqual([]));

  it.each<[string, object, number]>([
    ['says yes', { verifyClient: () => true }, 101],
    ['says no', { verifyClient: () => false }, 401],
    ['says nothing', { verifyClient: () => undefined }, 401],
    ['promises a yes', { verifyClient: () => Promise.resolve(true) }, 101],
    ['promises a no', { verifyClient: () => sleep(5).then(() => false) }, 401],
    ['calls back with yes', { verifyClient: withCallback((answer) => answer(true)) }, 101],
    [
      'calls back later',
      { verifyClient: withCallback((answer) => setTimeout(answer, 5, true)) },
      101,
    ],
    ['calls back with no', { verifyClient: withCallback((answer) => answer(false)) }, 401],
    ['calls back with nothing', { verifyClient: withCallback((answer) => answer()) }, 401],
    [
      'calls back with a status',
      { verifyClient: withCallback((answer) => answer(false, 429)) },
      429,
    ],
    [
      'calls back with no status',
      { verifyClient: withCallback((answer) => answer(false, 'x')) },
      401,
    ],
    [
      'calls back with a yes for a status',
      { verifyClient: withCallback((answer) => answer(false, 101)) },
      401,
    ],
    ['throws', { verifyClient: fail }, 500],
    ['rejects', { verifyClient: async () => fail() }, 500],
    ['throws in the callback form', { verifyClient: withCallback(fail) }, 500],
    ['rejects in the callback form', { verifyClient: withCallback(async () => fail()) }, 500],
    ['says something else', { verifyClient: () => ({ user: 1 }) }, 500],
    [
      'calls back with an error',
      { verifyClient: withCallback((answer) => answer(new Error('no'))) },
      500,
    ],
    [
      'calls back with a bad header',
      {
        verifyClient: withCallback((answer) => answer(false, 403, 'No', { 'x-a': 'b\r\nx-c: d' })),
      },
      500,
    ],
  ])('that %s comes to its answer', async (_what, own, status) => {
    const { app } = await startGateways(platform, [gatewayWith(own)]);
    expect(await upgradeStatus(app, '/gateway')).toBe(status);
    expect(app.logs.messages('error')).toHaveLength(status === 500 ? 1 : 0);
  });

  it('refuses with the message and headers that it gives', async () => {
    const verifyClient = withCallback((answer) =>
      answer(false, 403, 'Members only', { 'X-Reason': 'fee', Connection: 'keep-alive', n: 1 }),
    );
    const { app } = await startGateways(platform, [gatewayWith({ verifyClient })]);
    const { status, headers, body } = await refusedUpgrade(app, '/gateway');
    expect([status, headers['x-reason'], headers['n']]).toEqual([403, ['fee'], ['1']]);
    expect(JSON.parse(body)).toEqual({ statusCode: 403, message: 'Members only' });
  });

  it.each<[string, (answer: Answer) => unknown, number]>([
    ['yes and no', (answer) => [answer(true), answer(false)], 101],
    ['no and yes', (answer) => [answer(false), answer(true)], 401],
    ['yes twice', (answer) => [answer(true), answer(true)], 101],
    [
      'yes twice, later',
      (answer) => [setTimeout(answer, 5, true), setTimeout(answer, 8, true)],
      101,
    ],
    ['yes, and throws', (answer) => [answer(true), fail()], 101],
    [
      'no, and rejects',
      async (answer) => {
        answer(false);
        await sleep(5);
        fail();
      },
      401,
    ],
  ])('has its first answer counted: %s', async (_what, does, status) => {
    const { app, adapter } = await startGateways(platform, [
      gatewayWith({ verifyClient: withCallback(does) }),
    ]);
    expect(await upgradeStatus(app, '/gateway')).toBe(status);
    await sleep(20);
    expect(adapter.snapshot().connections.total).toBe(status === 101 ? 1 : 0);
  });

  it('is asked with what ws asks with', async () => {
    const asked: unknown[] = [];
    const verifyClient = (info: {
      origin: unknown;
      secure: unknown;
      req: IncomingMessage;
    }): boolean => asked.push([info.origin, info.secure, info.req.url]) > 0;
    const { app } = await startGateways(platform, [gatewayWith({ verifyClient })], {
      origins: '*',
    });
    const client = await app.connect('/gateway?key=1', { origin: 'https://a.io' });
    expect(client.isOpen).toBe(true);
    expect(asked).toEqual([['https://a.io', false, '/gateway?key=1']]);
  });

  it('is not asked where the page may not connect, and once where it may', async () => {
    let asked = 0;
    const verifyClient = (): boolean => (asked += 1) > 0;
    const { app } = await startGateways(platform, [gatewayWith({ verifyClient })], {
      origins: (origin) => sleep(5).then(() => origin === 'https://a.io'),
    });
    expect(await upgradeStatus(app, '/gateway', { origin: 'https://b.io' })).toBe(403);
    expect(asked).toBe(0);
    expect(await upgradeStatus(app, '/gateway', { origin: 'https://a.io' })).toBe(101);
    expect(asked).toBe(1);
  });

  let asked = 0;
  const noAnswer = () => {
    asked += 1;
    return never;
  };
  const silent: [string, object][] = [
    ['verifyClient', { verifyClient: noAnswer }],
    ['verifyClient with a callback', { verifyClient: withCallback(() => void noAnswer()) }],
    ['handleProtocols', { handleProtocols: noAnswer }],
  ];

  it.each(silent)('that never answers is a 408 (%s)', async (_what, own) => {
    const { app, adapter } = await startGateways(platform, [gatewayWith(own)], {
      handshakeTimeout: 60,
    });
    expect((await refusedUpgrade(app, '/gateway', protocols)).status).toBe(408);
    expect(adapter.snapshot().connections).toMatchObject({
      open: 0,
      total: 0,
      refused: { 408: 1 },
    });
  });

  it.each(silent)('that never answers counts among what is pending (%s)', async (_what, own) => {
    for (const limit of [{ maxPendingHandshakes: 1 }, { maxConnections: 1 }]) {
      const { app } = await startGateways(platform, [gatewayWith(own)], limit);
      const waiting = await app.raw();
      waiting.upgrade('/gateway', protocols);
      await eventually(
        async () => expect((await refusedUpgrade(app, '/gateway', protocols)).status).toBe(503),
        '503',
      );
      waiting.destroy();
      await eventually(async () => {
        const next = await app.raw();
        next.upgrade('/gateway', protocols);
        await next.expectNothing(20);
        next.destroy();
      }, 'the place to be free');
    }
  });

  it.each(silent)('that never answers does not keep app.close() (%s)', async (_what, own) => {
    const { app } = await startGateways(platform, [gatewayWith(own)], { handshakeTimeout: '1h' });
    asked = 0;
    const refused = refusedUpgrade(app, '/gateway', protocols);
    await eventually(() => expect(asked).toBe(1), 'the gateway to be asked');
    await within(app.close(), 'the end');
    expect((await refused).status).toBe(503);
  });

  it('that answers when nobody waits any more changes nothing', async () => {
    const answers: Answer[] = [];
    const { app, adapter } = await startGateways(
      platform,
      [gatewayWith({ verifyClient: withCallback((answer) => answers.push(answer)) })],
      { handshakeTimeout: 50 },
    );
    expect((await refusedUpgrade(app, '/gateway')).status).toBe(408);
    const leaver = await app.raw();
    leaver.upgrade('/gateway');
    await eventually(() => expect(answers).toHaveLength(2), 'both to be asked');
    leaver.resetAndDestroy();
    await sleep(20);
    for (const answer of answers) answer(true);
    await sleep(20);
    expect(adapter.snapshot().connections.total).toBe(0);
  });
});

describe.each(platforms)("a gateway's handleProtocols on $name", (platform) => {
  afterEach(closeAllApps);

  const isRefused = Symbol('refused');

  it.each<[string, () => unknown, unknown]>([
    ['a name', () => 'v2', 'v2'],
    ['a promise of a name', () => sleep(5).then(() => 'v2'), 'v2'],
    ['false', () => false, undefined],
    ['nothing', () => undefined, undefined],
    ['a name that was not offered', () => 'v3', undefined],
    ['lines of a header', () => 'v1\r\nX-Evil: 1', undefined],
    ['an object', () => ({}), isRefused],
    ['a throw', fail, isRefused],
    ['a rejection', async () => fail(), isRefused],
  ])('that gives %s comes to its answer', async (_what, handleProtocols, chosen) => {
    const { app } = await startGateways(platform, [gatewayWith({ handleProtocols })]);
    const client = await app.raw();
    client.upgrade('/gateway', protocols);
    const { status, headers } = await client.response();
    expect(status).toBe(chosen === isRefused ? 500 : 101);
    expect(headers['sec-websocket-protocol']?.[0]).toBe(chosen === isRefused ? undefined : chosen);
    expect(headers).not.toHaveProperty('x-evil');
    expect(app.logs.messages('error')).toHaveLength(chosen === isRefused ? 1 : 0);
  });

  it('is not asked where nothing is offered; without it the first name is taken', async () => {
    const { app } = await startGateways(platform, [gatewayWith({ handleProtocols: fail })]);
    expect(await upgradeStatus(app, '/gateway')).toBe(101);
    const { app: plain } = await startGateways(platform, [gatewayWith({})]);
    const client = await plain.connect('/gateway', { protocols: ['v1', 'v2'] });
    expect(client.protocol).toBe('v1');
  });
});
