import { Body } from '@nestjs/common';
import {
  CloseWebSocket,
  OnClose,
  OnMessage,
  UseObservers,
  WebSocketConnection,
  WebSocketController,
  type ConnectionOutcome,
} from 'nestjs-revali-ws';
import { startApp } from '../../support/apps/app-factory.js';
import { platforms } from '../../support/apps/platforms.js';
import { closeAllApps } from '../../support/apps/running-app.js';
import { eventually } from '../../support/deadline.js';

let seen: string[] = [];

@UseObservers({
  onClose: ({ connection }) => void seen.push(`observer ${connection.isOpen}`),
})
@WebSocketController('chat')
class ChatController {
  @OnMessage('say')
  say(@Body('text') text: string, connection: WebSocketConnection, closer: CloseWebSocket): string {
    connection.onClose(() => seen.push(`clean-up ${connection.isOpen}`));
    if (text === 'close') closer.close();
    return `${text} ${connection.isOpen}`;
  }

  @OnClose()
  async bye(outcome: ConnectionOutcome, connection: WebSocketConnection): Promise<void> {
    seen.push(`${outcome.initiator} ${connection.isOpen}`);
    await connection.send('late');
  }
}

describe.each(platforms)('connection.isOpen on $name', (platform) => {
  beforeEach(() => {
    seen = [];
  });
  afterEach(closeAllApps);

  it.each([
    ['client', 'hi', 'hi true'],
    ['network', 'hi', 'hi true'],
    ['server', 'close', 'close false'],
  ])('is false for all who are told of the end: %s', async (initiator, text, answer) => {
    const app = await startApp(platform, { controllers: [ChatController] });
    const client = await app.connect('chat');
    client.sendJson({ type: 'say', text });
    expect(await client.text()).toBe(answer);
    if (initiator === 'client') await client.close();
    if (initiator === 'network') client.terminate();
    await eventually(() => expect(seen).toHaveLength(3), 'the end to be told');
    expect(seen).toEqual(['observer false', `${initiator} false`, 'clean-up false']);
  });
});
