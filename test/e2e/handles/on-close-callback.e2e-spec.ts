import { Body } from '@nestjs/common';
import { OnMessage, WebSocketConnection, WebSocketController } from 'nestjs-revali-ws';
import { fakeConnection } from 'nestjs-revali-ws/testing';

import { startApp } from '../../support/apps/app-factory.js';
import { platforms } from '../../support/apps/platforms.js';
import { closeAllApps } from '../../support/apps/running-app.js';

@WebSocketController('chat')
class ChatController {
  @OnMessage('say')
  say(@Body('callback') callback: () => void, connection: WebSocketConnection): string {
    try {
      connection.onClose(callback);
      return 'taken';
    } catch (error) {
      return String(error);
    }
  }
}

const REFUSAL = 'TypeError: onClose() takes a function, not a value of type string';

describe.each(platforms)('connection.onClose() on $name', (platform) => {
  afterEach(closeAllApps);

  it('tells at once of a callback that is none', async () => {
    const app = await startApp(platform, { controllers: [ChatController] });
    const client = await app.connect('chat');
    client.sendJson({ type: 'say', callback: 'x' });
    expect(await client.text()).toBe(REFUSAL);
    const fake = fakeConnection();
    expect(new ChatController().say('x' as unknown as () => void, fake)).toBe(REFUSAL);
  });
});
