import { Controller, type Type } from '@nestjs/common';
import { WebSocket, WebSocketConnection, type WebSocketRouteOptions } from 'nestjs-revali-ws';

import { startApp } from '../../support/apps/app-factory.js';
import { platforms } from '../../support/apps/platforms.js';
import { closeAllApps, type RunningApp } from '../../support/apps/running-app.js';

let offers: (readonly string[])[] = [];

function controllerOf(protocols: WebSocketRouteOptions['protocols']): Type<unknown> {
  @Controller()
  class ProtocolController {
    @WebSocket('ask', protocols === undefined ? {} : { protocols })
    ask(connection: WebSocketConnection): { protocol: string } {
      return { protocol: connection.protocol };
    }
  }
  return ProtocolController;
}

describe.each(platforms)('A client that offers revali.v1 ($name)', (platform) => {
  beforeEach(() => {
    offers = [];
  });
  afterEach(closeAllApps);

  const start = (protocols?: WebSocketRouteOptions['protocols']): Promise<RunningApp> =>
    startApp(platform, { controllers: [controllerOf(protocols)] });

  it.each<[string, WebSocketRouteOptions['protocols'], string[], string, string]>([
    ['on a route without subprotocols', undefined, ['revali.v1'], 'revali.v1', ''],
    ['as one of several', undefined, ['chat.v2', 'revali.v1'], 'revali.v1', ''],
    ['beside those of the route', ['chat.v2'], ['revali.v1', 'chat.v2'], 'chat.v2', 'chat.v2'],
    ['with one of the route', ['chat.v2'], ['revali.v1+chat.v2'], 'revali.v1+chat.v2', 'chat.v2'],
    [
      'with one and without',
      ['chat.v1', 'chat.v2'],
      ['chat.v2', 'revali.v1+chat.v2', 'revali.v1'],
      'revali.v1+chat.v2',
      'chat.v2',
    ],
    ['with a foreign one', ['chat.v2'], ['revali.v1+chat.v9', 'revali.v1'], 'revali.v1', ''],
    ['with nothing behind the plus', undefined, ['revali.v1+'], '', ''],
    ['in another version', undefined, ['revali.v2'], '', ''],
    ['in capitals', undefined, ['REVALI.V1'], '', ''],
  ])('is served: %s', async (_how, own, offered, chosen, seen) => {
    const app = await start(own);
    if (chosen === '') {
      // `ws` itself fails where it has offered something and the server has chosen nothing.
      await expect(app.connect('/ask', { protocols: offered })).rejects.toThrow(
        /Server sent no subprotocol/,
      );
      return;
    }
    const client = await app.connect('/ask', { protocols: offered });
    expect(client.protocol).toBe(chosen);
    const hasCalls = chosen.startsWith('revali.v1');
    client.send(hasCalls ? 'c 1\n' : 'any');
    const answer = JSON.stringify({ protocol: seen });
    expect(await client.text()).toBe(hasCalls ? `r 1\n${answer}` : answer);
  });

  it('is refused where the route requires a subprotocol of its own', async () => {
    const app = await start({ supported: ['chat.v2'], required: true });
    await expect(app.connect('/ask', { protocols: ['revali.v1'] })).rejects.toMatchObject({
      status: 400,
    });
    const client = await app.connect('/ask', { protocols: ['revali.v1+chat.v2'] });
    expect(client.protocol).toBe('revali.v1+chat.v2');
  });

  it('offers to a function what is meant for it, each once', async () => {
    const app = await start((offered) => {
      offers.push(offered);
      return offered[0];
    });
    const client = await app.connect('/ask', {
      protocols: ['revali.v1', 'b', 'revali.v1+a', 'a', 'revali.v1+b'],
    });
    expect(offers).toEqual([['b', 'a']]);
    expect(client.protocol).toBe('revali.v1+b');
  });

  it('cannot be answered by a function that makes it up', async () => {
    const app = await start(() => 'revali.v1');
    const client = await app.connect('/ask', { protocols: ['revali.v1', 'a'] });
    expect(client.protocol).toBe('revali.v1');
    client.send('c 1\n');
    expect(await client.text()).toBe('r 1\n{"protocol":""}');
  });

  it.each(['revali.v1', 'revali.v1+chat'])('is no name for a route: %s', async (name) => {
    await expect(start(['chat', name])).rejects.toThrow(
      /ProtocolController\.ask\(\).*protocols.*revali\.v1.*every route/s,
    );
  });
});
