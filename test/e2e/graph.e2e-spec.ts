import { Body, Controller, Version, VersioningType } from '@nestjs/common';
import { SerializedGraph } from '@nestjs/core';
import { WebSocket, WebSocketMode } from 'nestjs-revali-ws';

import { createApp } from '../support/factory-app.js';
import { platforms } from '../support/platforms.js';
import { closeAllApps } from '../support/running-app.js';

@Controller('chat')
class ChatController {
  @WebSocket(['join', 'room/:id'])
  join(@Body() message: string): string {
    return message;
  }
  @Version('2')
  @WebSocket('feed', { mode: WebSocketMode.sendOnly })
  feed(): string {
    return 'news';
  }
}

interface ShownEntrypoint {
  readonly type: string;
  readonly className: string;
  readonly methodName: string;
  readonly classNodeId: string;
  readonly metadata: object;
}

describe.each(platforms)("Nest's graph of the application on $name", (platform) => {
  afterEach(closeAllApps);

  it('shows the routes as entry points of their controller', async () => {
    const { app } = await createApp(platform, {
      controllers: [ChatController],
      appOptions: { snapshot: true },
      configure: (nest) => {
        nest.enableVersioning({ type: VersioningType.URI, defaultVersion: '1' });
      },
    });
    const graph = app.get(SerializedGraph).toJSON();
    const shown: ShownEntrypoint[] = Object.values(graph.entrypoints)
      .flat()
      .filter(({ type }) => type === 'websocket');
    expect(
      shown.map(({ className, methodName, metadata }) => [className, methodName, metadata]),
    ).toEqual([
      ['ChatController', 'join', { key: '/v1/chat/join', path: '/v1/chat/join', mode: 'twoWay' }],
      [
        'ChatController',
        'join',
        { key: '/v1/chat/room/:id', path: '/v1/chat/room/:id', mode: 'twoWay' },
      ],
      ['ChatController', 'feed', { key: '/v2/chat/feed', path: '/v2/chat/feed', mode: 'sendOnly' }],
    ]);
    for (const { classNodeId } of shown)
      expect(graph.nodes[classNodeId]).toMatchObject({ label: 'ChatController' });
  });
});
