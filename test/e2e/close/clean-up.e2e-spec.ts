import { Body, Controller, Injectable } from '@nestjs/common';
import {
  CleanUp,
  CloseCode,
  CloseWebSocket,
  RevaliWsMetrics,
  WebSocket,
  WebSocketConnection,
} from 'nestjs-revali-ws';

import { startApp } from '../../support/apps/app-factory.js';
import { eventually } from '../../support/deadline.js';
import { gate } from '../../support/gate.js';
import { transports } from '../../support/apps/transports.js';
import { closeAllApps } from '../../support/apps/running-app.js';

describe.each(transports)('clean-ups on $label', (platform) => {
  afterEach(closeAllApps);

  it.each(['client close', 'client terminate', 'server close', 'handler error', 'app.close()'])(
    'run once, newest last, when the connection ends (%s)',
    async (how) => {
      const ran: string[] = [];
      @Controller()
      class Chat {
        @WebSocket('chat')
        chat(@Body() message: string, cleanUp: CleanUp, closer: CloseWebSocket): string {
          cleanUp.add(() => ran.push(`${message} first`));
          cleanUp.add(() => ran.push(`${message} second`));
          if (message === 'b' && how === 'server close') closer.close();
          if (message === 'b' && how === 'handler error') throw new Error('secret');
          return message;
        }
      }
      const app = await startApp(platform, { controllers: [Chat] });
      const client = await app.connect('chat');
      client.send('a');
      expect(await client.text()).toBe('a');
      expect(ran).toEqual([]);
      client.send('b');
      if (how !== 'handler error') await client.text();
      if (how === 'client close') await client.close();
      if (how === 'client terminate') client.terminate();
      if (how === 'app.close()') void app.close();
      await client.closed;
      const all = ['a first', 'a second', 'b first', 'b second'];
      await eventually(() => expect(ran).toEqual(all), 'the clean-ups');
      await app.close();
      expect(ran).toEqual(all);
    },
  );

  it('may be given to connection.onClose(), and run in the same order as those of CleanUp', async () => {
    const ran: string[] = [];
    @Controller()
    class Chat {
      @WebSocket('chat')
      chat(connection: WebSocketConnection, cleanUp: CleanUp): string {
        connection.onClose(() => ran.push('connection'));
        cleanUp.add(() => ran.push('clean-up'));
        connection.onClose(() => ran.push('connection again'));
        return 'ready';
      }
    }
    const app = await startApp(platform, { controllers: [Chat] });
    const client = await app.connect('chat');
    client.send('a');
    expect(await client.text()).toBe('ready');
    expect(ran).toEqual([]);
    await client.close(CloseCode.Normal);
    const all = ['connection', 'clean-up', 'connection again'];
    await eventually(() => expect(ran).toEqual(all), 'the callbacks');
  });

  it('are isolated from the errors of the others, which are logged', async () => {
    const ran: string[] = [];
    @Controller()
    class Chat {
      @WebSocket('chat')
      chat(cleanUp: CleanUp, closer: CloseWebSocket): void {
        cleanUp.add(() => {
          throw new Error('thrown');
        });
        cleanUp.add(() => Promise.reject(new Error('rejected')));
        cleanUp.add(() => ran.push('last'));
        closer.close();
      }
    }
    const app = await startApp(platform, { controllers: [Chat] });
    const client = await app.connect('chat');
    client.send('go');
    expect(await client.closed).toMatchObject({ code: 1000 });
    expect(ran).toEqual(['last']);
    await eventually(() => expect(app.logs.at('error')).toHaveLength(2), 'both errors');
    expect(app.logs.messages('error').every((text) => text.includes('Chat.chat()'))).toBe(true);
  });

  it('added after the end run at once', async () => {
    const { open, opened } = gate();
    const ran: string[] = [];
    @Controller()
    class Chat {
      @WebSocket('chat', { triggerOnConnect: true })
      async chat(cleanUp: CleanUp, signal: AbortSignal): Promise<void> {
        signal.addEventListener('abort', open);
        await opened;
        cleanUp.add(() => ran.push('late'));
      }
    }
    const app = await startApp(platform, { controllers: [Chat] });
    const client = await app.connect('chat');
    await client.close();
    await eventually(() => expect(ran).toEqual(['late']), 'the late clean-up');
  });

  it('added by what hears of the end run with the others, and keep the place until all are done', async () => {
    const ran: string[] = [];
    const { open: finish, opened: finished } = gate();
    @Controller()
    class Chat {
      @WebSocket('chat')
      chat(connection: WebSocketConnection): string {
        connection.onClose(() => finished.then(() => ran.push('first')));
        connection.signal.addEventListener('abort', () => {
          connection.onClose(() => ran.push('second'));
          ran.push('aborted');
        });
        return 'ready';
      }
    }
    const app = await startApp(platform, { controllers: [Chat] });
    const openNow = (): number => app.app.get(RevaliWsMetrics).snapshot().connections.open;
    const client = await app.connect('chat');
    client.send('hello');
    expect(await client.text()).toBe('ready');
    client.terminate();
    await eventually(() => expect(ran).toEqual(['aborted', 'second']), 'the end');
    expect(openNow()).toBe(1);
    finish();
    await eventually(() => expect(openNow()).toBe(0), 'the place to be free');
    expect(ran).toEqual(['aborted', 'second', 'first']);
  });

  it('are added by providers of the connection as well', async () => {
    const ran: string[] = [];
    @Injectable()
    class Lease {
      constructor(cleanUp: CleanUp) {
        cleanUp.add(() => ran.push('lease released'));
      }
    }
    @Controller()
    class Chat {
      constructor(readonly lease: Lease) {}

      @WebSocket('chat')
      chat(): string {
        return 'leased';
      }
    }
    const app = await startApp(platform, { controllers: [Chat], providers: [Lease] });
    const client = await app.connect('chat');
    client.send('go');
    await client.text();
    expect(ran).toEqual([]);
    await client.close();
    await eventually(() => expect(ran).toEqual(['lease released']), 'the release');
  });

  it('that are asynchronous are awaited by app.close()', async () => {
    const { open, opened } = gate();
    const ran: string[] = [];
    @Controller()
    class Chat {
      @WebSocket('chat', { triggerOnConnect: true })
      chat(cleanUp: CleanUp): string {
        cleanUp.add(async () => {
          await opened;
          ran.push('cleaned');
        });
        return 'open';
      }
    }
    const app = await startApp(platform, { controllers: [Chat] });
    const client = await app.connect('chat');
    await client.text();
    await client.close();
    const closing = app.close().then(() => ran.push('app closed'));
    await client.closed;
    open();
    await closing;
    expect(ran).toEqual(['cleaned', 'app closed']);
  });
});
