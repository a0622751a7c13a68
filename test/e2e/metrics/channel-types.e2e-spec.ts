import { Body } from '@nestjs/common';
import { OnConnect, OnMessage, WebSocketController } from 'nestjs-revali-ws';

import { startApp } from '../../support/apps/app-factory.js';
import { platforms } from '../../support/apps/platforms.js';
import { closeAllApps } from '../../support/apps/running-app.js';
import { eventually } from '../../support/deadline.js';
import { logChannel, unsubscribeAll } from '../../support/records/channel-log.js';

@WebSocketController('typed')
class TypedController {
  @OnConnect()
  welcome(): string {
    return 'welcome';
  }

  @OnMessage(['up', 'down'])
  move(@Body('type') type: string): string {
    return type;
  }

  @OnMessage()
  other(): string {
    return 'other';
  }
}

describe.each(platforms)('Events of handled messages ($name)', (platform) => {
  afterEach(async () => {
    unsubscribeAll();
    await closeAllApps();
  });

  it('carry the type that a method names, and no other', async () => {
    const log = logChannel('nestjs-revali-ws:message.handled');
    const app = await startApp(platform, { controllers: [TypedController] });
    const client = await app.connect('/typed', { protocols: ['revali.v1'] });
    client.send('\n{"type":"up"}');
    client.send('c 1\n{"type":"down"}');
    client.send('\n{"type":"made up"}');
    client.send('\nno JSON');
    for (let count = 0; count < 5; count += 1) await client.text();
    await eventually(() => expect(log.events).toHaveLength(5), 'five events');
    expect(
      log.events.map((event) => Object.entries(event).find(([key]) => key === 'type')),
    ).toEqual([undefined, ['type', 'up'], ['type', 'down'], undefined, undefined]);
  });
});
