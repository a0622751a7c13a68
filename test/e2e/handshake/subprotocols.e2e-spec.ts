import type { IncomingMessage } from 'node:http';

import { Controller } from '@nestjs/common';
import { WebSocket, WebSocketConnection } from 'nestjs-revali-ws';

import { startApp } from '../../support/apps/app-factory.js';
import { platforms } from '../../support/apps/platforms.js';
import { closeAllApps } from '../../support/apps/running-app.js';

const byHeader = (offered: readonly string[], request: IncomingMessage): string | false =>
  request.headers['x-legacy'] === 'yes' ? false : (offered.at(-1) ?? false);
const late = async (offered: readonly string[]): Promise<string | undefined> => {
  await new Promise(setImmediate);
  return offered.find((name) => name.startsWith('chat.'));
};

@Controller()
class Protocols {
  @WebSocket('none')
  @WebSocket('list', { protocols: ['chat.v1', 'chat.v2'] })
  @WebSocket('chooser', { protocols: byHeader })
  @WebSocket('late', { protocols: late })
  @WebSocket('stranger', { protocols: () => 'never.offered' })
  @WebSocket('required', { protocols: { supported: ['chat.v1'], required: true } })
  @WebSocket('required-chooser', { protocols: { supported: late, required: true } })
  protocol(connection: WebSocketConnection): string {
    return `protocol: ${connection.protocol}`;
  }
}

describe.each(platforms)('subprotocols on $name', (platform) => {
  afterEach(closeAllApps);

  it.each([
    ['list', ['chat.v2', 'chat.v1'], 'chat.v2'],
    ['list', ['soap', 'chat.v1'], 'chat.v1'],
    ['chooser', ['a', 'b'], 'b'],
    ['late', ['soap', 'chat.v9'], 'chat.v9'],
    ['required', ['soap', 'chat.v1'], 'chat.v1'],
    ['required-chooser', ['chat.x'], 'chat.x'],
  ])('%s, offered %p, agrees on %s', async (path, protocols, chosen) => {
    const app = await startApp(platform, { controllers: [Protocols] });
    const client = await app.connect(path, { protocols });
    expect(client.protocol).toBe(chosen);
    expect(client.upgradeHeaders['sec-websocket-protocol']).toBe(chosen);
    client.send('which?');
    expect(await client.text()).toBe(`protocol: ${chosen}`);
  });

  // A client of `ws` fails when it offered protocols and got none, so these are asked by hand.
  it.each([
    ['none', 'chat.v1', {}],
    ['list', 'soap', {}],
    ['list', 'CHAT.V1', {}],
    ['chooser', 'chat.v1', { 'x-legacy': 'yes' }],
    ['late', 'soap', {}],
    ['stranger', 'chat.v1', {}],
  ])('%s, offered %s, goes on without one', async (path, offered, headers) => {
    const app = await startApp(platform, { controllers: [Protocols] });
    const client = await app.raw();
    client.upgrade(`/${path}`, {
      headers: [['Sec-WebSocket-Protocol', offered], ...Object.entries(headers)],
    });
    const response = await client.response();
    expect(response.status).toBe(101);
    expect(response.headers['sec-websocket-protocol']).toBeUndefined();
    client.frame({ opcode: 1, payload: 'which?' });
    expect((await client.nextFrame()).payload.toString()).toBe('protocol: ');
  });

  it.each(['none', 'list', 'chooser', 'late'])('%s needs no offer', async (path) => {
    const app = await startApp(platform, { controllers: [Protocols] });
    const client = await app.connect(path);
    expect(client.protocol).toBe('');
    expect(client.upgradeHeaders).not.toHaveProperty('sec-websocket-protocol');
  });

  it.each([
    ['required', ['soap']],
    ['required', []],
    ['required-chooser', ['soap']],
  ])('%s, offered %p, refuses with 400', async (path, protocols) => {
    const app = await startApp(platform, { controllers: [Protocols] });
    await expect(app.connect(path, { protocols })).rejects.toMatchObject({ status: 400 });
  });
});
