import { Body, type Type } from '@nestjs/common';
import { SerializedGraph } from '@nestjs/core';
import {
  OnClose,
  OnConnect,
  OnMessage,
  WebSocket,
  WebSocketController,
  WebSocketRoutes,
} from 'nestjs-revali-ws';
import { createTracing } from 'nestjs-revali-ws/opentelemetry';

import { startApp } from '../../support/apps/app-factory.js';
import { createApp } from '../../support/apps/factory-app.js';
import { eventually } from '../../support/deadline.js';
import { platforms } from '../../support/apps/platforms.js';
import { closeAllApps } from '../../support/apps/running-app.js';
import { disableTracing, enableTracing, TraceLog } from '../../support/records/trace-log.js';

class Say {
  readonly text!: string;
}

@WebSocketController(['chat/:room', 'talk'], { by: 'event', body: 'data' })
class ChatController {
  @OnConnect()
  connect(): void {}

  @OnMessage(['say', 'shout'])
  say(@Body() message: Say): Say {
    return message;
  }

  @OnMessage()
  other(): void {}

  @OnClose()
  bye(): void {}

  @WebSocket('plain')
  plain(@Body() text: string): string {
    return text;
  }
}

@WebSocketController('feed', { mode: 'receiveOnly' })
class FeedController {
  @OnMessage('post')
  post(): void {}
}

const controllers: Type<unknown>[] = [ChatController, FeedController];

describe.each(platforms)('messages by their type on $name', (platform) => {
  afterEach(closeAllApps);

  it('are named in the log of the start', async () => {
    const app = await startApp(platform, { controllers });
    const lines = app.logs.entries.filter(({ context }) => context === 'WebSocketRoutes');
    expect(lines.map(({ message }) => message)).toEqual([
      'Mapped {/chat/:room, WS} route (messages: say | shout | any other)',
      'Mapped {/talk, WS} route (messages: say | shout | any other)',
      'Mapped {/chat/:room/plain, WS} route',
      'Mapped {/talk/plain, WS} route',
      'Mapped {/feed, WS} route (messages: post, mode: receiveOnly)',
    ]);
  });

  it('are in the list of routes', async () => {
    const app = await startApp(platform, { controllers });
    const [chat, talk, plain] = app.app.get(WebSocketRoutes).all;
    const body = { kind: 'json', type: Say, schema: undefined };
    const none = { kind: 'none', type: undefined, schema: undefined };
    expect(chat).toMatchObject({
      controller: ChatController,
      methodName: '',
      path: '/chat/:room',
      body: none,
      messages: [
        { type: 'say', methodName: 'say', body },
        { type: 'shout', methodName: 'say', body },
        { type: undefined, methodName: 'other', body: none },
      ],
      messageType: 'event',
      messageBody: 'data',
      mode: 'twoWay',
    });
    expect(talk?.messages).toEqual(chat?.messages);
    expect(plain).toMatchObject({ methodName: 'plain', messages: [], messageType: undefined });
  });

  it("are in Nest's graph", async () => {
    const { app } = await createApp(platform, {
      controllers: [ChatController],
      appOptions: { snapshot: true },
    });
    const { entrypoints } = app.get(SerializedGraph).toJSON();
    const shown = Object.values(entrypoints)
      .flat()
      .filter(({ metadata }) => metadata.key === '/talk');
    expect(shown).toMatchObject([
      { methodName: 'say', metadata: { path: '/talk', message: 'say' } },
      { methodName: 'say', metadata: { path: '/talk', message: 'shout' } },
      { methodName: 'other', metadata: { path: '/talk' } },
      { methodName: 'connect', metadata: { path: '/talk' } },
      { methodName: 'bye', metadata: { path: '/talk' } },
    ]);
  });

  it('are named in their spans', async () => {
    const log = new TraceLog();
    enableTracing();
    try {
      const { observer, interceptor } = createTracing({ tracer: log.tracer });
      const app = await startApp(platform, {
        controllers,
        forRoot: { observers: [observer] },
        configure: (created) => void created.useGlobalInterceptors(interceptor),
      });
      const client = await app.connect('/talk');
      client.sendJson({ event: 'shout', data: { text: 'hi' } });
      expect(await client.json()).toEqual({ text: 'hi' });
      await client.close();
      await eventually(() => expect(log.names.length).toBe(3), 'three spans');
      const { attributes } = await log.span('ChatController.say');
      expect(attributes).toEqual({
        'code.function.name': 'ChatController.say',
        'websocket.message.type': 'shout',
      });
      expect(log.names).toEqual(
        expect.arrayContaining(['ChatController.connect', 'WebSocket ChatController.handshake']),
      );
    } finally {
      await closeAllApps();
      disableTracing();
    }
  });
});
