import { Body, Controller } from '@nestjs/common';
import { MessageBody, SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { InvalidWebSocketOptionException, WebSocket } from 'nestjs-revali-ws';

import { startApp } from '../../support/apps/app-factory.js';
import { startGateways } from '../../support/apps/gateways/app.js';
import { platforms } from '../../support/apps/platforms.js';
import { closeAllApps } from '../../support/apps/running-app.js';

const arrays = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);
const objects = (depth: number): string => `${'{"a":'.repeat(depth - 1)}{}${'}'.repeat(depth - 1)}`;

class Dto {
  a: unknown;
}

@Controller()
class Chat {
  @WebSocket('dto')
  dto(@Body() message: Dto): Dto {
    return message;
  }
  @WebSocket('unknown')
  unknown(@Body() message: unknown): unknown {
    return message;
  }
  @WebSocket('json', { format: 'json' })
  json(@Body() message: string): unknown {
    return message;
  }
  @WebSocket('part')
  part(@Body('a') message: unknown): unknown {
    return typeof message;
  }
  @WebSocket('text')
  text(@Body() message: string): string {
    return `${message.length}`;
  }
  @WebSocket('shallow', { maxDepth: 3, errors: 'reply' })
  shallow(@Body() message: unknown): unknown {
    return message;
  }
}

describe.each(platforms)('JSON that is nested deep, on $name', (platform) => {
  afterEach(closeAllApps);

  it.each(['dto', 'unknown', 'json', 'part'])(
    'is an invalid payload beyond a thousand levels (%s)',
    async (path) => {
      const app = await startApp(platform, { controllers: [Chat] });
      for (const make of [arrays, objects]) {
        for (const bytes of [false, true]) {
          const client = await app.connect(path);
          const send = (text: string): void => client.send(bytes ? Buffer.from(text) : text);
          send(make(1000));
          if (path === 'part') await client.text();
          else expect(await client.text()).toBe(make(1000));
          send(make(1001));
          expect(await client.closed).toMatchObject({ code: 1007, reason: 'Invalid payload' });
        }
      }
    },
  );

  it('is refused at once, however deep', async () => {
    const app = await startApp(platform, { controllers: [Chat] });
    const client = await app.connect('unknown');
    client.send(arrays(500_000));
    expect(await client.closed).toMatchObject({ code: 1007, reason: 'Invalid payload' });
  });

  it('is text where text is asked for, or where it is no JSON', async () => {
    const app = await startApp(platform, { controllers: [Chat] });
    const client = await app.connect('text');
    client.send(arrays(5000));
    expect(await client.text()).toBe('10000');
    const unknown = await app.connect('unknown');
    unknown.send('['.repeat(5000));
    expect(await unknown.text()).toBe('['.repeat(5000));
  });

  it('has the bound of its route, or of the module', async () => {
    const app = await startApp(platform, { controllers: [Chat], forRoot: { maxDepth: 5 } });
    const client = await app.connect('shallow');
    client.send('[[[]]]');
    expect(await client.text()).toBe('[[[]]]');
    client.send('[[[[]]]]');
    expect(await client.json()).toMatchObject({ error: { statusCode: 400 } });
    const other = await app.connect('json');
    other.send(arrays(6));
    expect(await other.closed).toMatchObject({ code: 1007 });
  });

  it.each([0, -1, 1.5, Number.NaN])('has no bound of %p', async (maxDepth) => {
    const start = startApp(platform, { controllers: [Chat], forRoot: { maxDepth } });
    await expect(start).rejects.toThrow(InvalidWebSocketOptionException);
    await expect(start).rejects.toThrow('"maxDepth"');
  });

  it('is dropped by a gateway', async () => {
    @WebSocketGateway({ path: '/gateway' })
    class Gateway {
      @SubscribeMessage('echo')
      echo(@MessageBody() data: unknown): unknown {
        return { event: 'echo', data };
      }
    }
    const { app, adapter } = await startGateways(platform, [Gateway]);
    const client = await app.connect('/gateway');
    client.send(`{"event":"echo","data":${arrays(1000)}}`);
    client.send(`{"event":"echo","data":${arrays(999)}}`);
    expect(await client.text()).toBe(`{"event":"echo","data":${arrays(999)}}`);
    expect(adapter.snapshot().messages.undecodable).toBe(1);
  });
});
