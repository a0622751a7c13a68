import { Injectable, Scope, SetMetadata, type Type } from '@nestjs/common';
import { WebSocketGateway, WsException } from '@nestjs/websockets';
import { CloseWebSocketException } from 'nestjs-revali-ws';
import type { WebSocket } from 'ws';

import { eventually } from '../../support/deadline.js';
import { startGateways } from '../../support/apps/gateways/app.js';
import { gatewayAt } from '../../support/apps/gateways/classes.js';
import { platforms } from '../../support/apps/platforms.js';
import { closeAllApps } from '../../support/apps/running-app.js';

type Hook = (client: WebSocket, ...rest: unknown[]) => unknown;

/** Each call is a class of its own: hooks are wrapped in their prototypes. */
function gatewayWith(
  handleConnection: Hook,
  handleDisconnect: Hook = () => undefined,
): Type<unknown> {
  @WebSocketGateway({ path: '/hooked' })
  class HookedGateway {
    @SetMetadata('kept', true)
    handleConnection(client: WebSocket, request: unknown): unknown {
      return handleConnection(client, request);
    }

    handleDisconnect(client: WebSocket, code?: number, reason?: string): unknown {
      return handleDisconnect(client, code, reason);
    }
  }
  return HookedGateway;
}

const failures: readonly [how: string, hook: Hook][] = [
  [
    'throws',
    () => {
      throw new Error('secret');
    },
  ],
  ['rejects', () => Promise.reject(new Error('secret'))],
  [
    'rejects later',
    async () => {
      await new Promise((resolve) => setImmediate(resolve));
      throw new Error('secret');
    },
  ],
];

const exception = (message: string): unknown => ({
  event: 'exception',
  data: { status: 'error', message, cause: { pattern: 'handleConnection' } },
});

describe.each(platforms)('hooks of gateways on $name', (platform) => {
  afterEach(closeAllApps);

  it.each(failures)(
    'a handleConnection that %s closes that client with 1011',
    async (_how, fail) => {
      const { app } = await startGateways(platform, [
        gatewayWith(fail),
        gatewayAt(undefined, '/chat'),
      ]);
      const other = await app.connect('/chat');
      const client = await app.connect('/hooked');
      expect(await client.json()).toEqual(exception('Internal server error'));
      expect(await client.closed).toMatchObject({ code: 1011, reason: 'Internal server error' });
      expect(app.logs.messages('error')).toEqual(['secret']);
      other.sendJson({ event: 'push', data: 1 });
      expect(await other.json()).toEqual({ event: 'pop', data: 1 });
    },
  );

  it('a WsException is told to the client first, as one of a handler is', async () => {
    const { app } = await startGateways(platform, [
      gatewayWith(() => {
        throw new WsException('Unauthorized');
      }),
    ]);
    const client = await app.connect('/hooked');
    expect(await client.json()).toEqual(exception('Unauthorized'));
    expect(await client.closed).toMatchObject({ code: 1011 });
    expect(app.logs.messages('error')).toEqual([]);
  });

  it('a CloseWebSocketException closes with its own code and reason', async () => {
    const { app } = await startGateways(platform, [
      gatewayWith(() => Promise.reject(new CloseWebSocketException(4001, 'Log in first'))),
    ]);
    const client = await app.connect('/hooked');
    expect(await client.closed).toMatchObject({ code: 4001, reason: 'Log in first' });
    expect(client.received).toBe(0);
  });

  it.each(failures)(
    'a handleDisconnect that %s is logged, and nothing else',
    async (_how, fail) => {
      const { app } = await startGateways(platform, [gatewayWith(() => undefined, fail)]);
      await (await app.connect('/hooked')).close();
      await eventually(() => expect(app.logs.messages('error')).toEqual(['secret']), 'the log');
      expect((await app.connect('/hooked')).isOpen).toBe(true);
    },
  );

  it.each<[string, (client: Awaited<ReturnType<typeof connected>>) => void, unknown[]]>([
    ['a client that closes without a code', (client) => client.socket.close(), [1005, '']],
    [
      'a client that closes with one',
      (client) => client.socket.close(3999, 'früh'),
      [3999, 'früh'],
    ],
    ['a client that is gone', (client) => client.terminate(), [1006, '']],
  ])('handleDisconnect hears of %s', async (_what, leave, expected) => {
    const heard: unknown[] = [];
    const { app } = await startGateways(platform, [
      gatewayWith(
        () => undefined,
        (_client, ...rest) => heard.push(...rest),
      ),
    ]);
    leave(await connected(app));
    await eventually(() => expect(heard).toEqual(expected), 'the hook');
  });

  it('handleDisconnect hears of a close by the application', async () => {
    const heard: unknown[] = [];
    const { app } = await startGateways(platform, [
      gatewayWith(
        (client) => client.close(4002, 'full'),
        (_client, ...rest) => heard.push(...rest),
      ),
    ]);
    expect(await (await app.connect('/hooked')).closed).toMatchObject({ code: 4002 });
    await eventually(() => expect(heard).toEqual([4002, 'full']), 'the hook');
  });

  it('the adapter turns away whoever comes before the application has started', async () => {
    const clients: WebSocket[] = [];
    const { app, adapter } = await startGateways(platform, [
      gatewayWith((client) => clients.push(client)),
    ]);
    const early = await app.connect('/hooked');
    const [client] = clients;
    if (!client) throw new Error('no client');
    adapter.closeClient(client);
    expect(await early.closed).toMatchObject({ code: 1013, reason: 'Server is starting' });
  });

  it('a gateway that is called by hand, as unit tests do, throws as it is', async () => {
    const Gateway = gatewayWith((client) => {
      if (client.readyState === 1) throw new Error('by hand');
    });
    await startGateways(platform, [Gateway]);
    const hook: unknown = Reflect.get(Gateway.prototype, 'handleConnection');
    if (typeof hook !== 'function') throw new Error('no hook');
    expect((): unknown => Reflect.apply(hook, {}, [{ readyState: 1 }])).toThrow('by hand');
    expect(Reflect.getMetadata('kept', hook)).toBe(true);
  });

  it('are wrapped once for any number of apps', async () => {
    const Gateway = gatewayWith(() => undefined);
    const hookOf = (): unknown => Reflect.get(Gateway.prototype, 'handleConnection');
    const own = hookOf();
    await startGateways(platform, [Gateway]);
    const wrapped = hookOf();
    expect(wrapped).not.toBe(own);
    await startGateways(platform, [Gateway]);
    expect(hookOf()).toBe(wrapped);
  });

  it('are guarded where an arrow function is the hook', async () => {
    let calls = 0;
    @Injectable({ scope: Scope.DEFAULT })
    @WebSocketGateway({ path: '/hooked' })
    class ArrowGateway {
      readonly handleConnection = (): never => {
        calls += 1;
        throw new Error('secret');
      };
    }
    for (let n = 1; n <= 2; n += 1) {
      const { app } = await startGateways(platform, [ArrowGateway]);
      expect(await (await app.connect('/hooked')).closed).toMatchObject({ code: 1011 });
      expect(calls).toBe(n);
    }
  });
});

function connected(app: Awaited<ReturnType<typeof startGateways>>['app']) {
  return app.connect('/hooked');
}
