import {
  Body,
  Catch,
  Controller,
  NotFoundException,
  UseFilters,
  type ArgumentsHost,
  type ExceptionFilter,
} from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import {
  AsyncWebSocketSender,
  NO_REPLY,
  UnserializableMessageException,
  WebSocket,
  WebSocketConnection,
} from 'nestjs-revali-ws';

import { startApp } from '../../support/apps/app-factory.js';
import { eventually, sleep } from '../../support/deadline.js';
import { gate, type Gate } from '../../support/gate.js';
import { platforms } from '../../support/apps/platforms.js';
import { closeAllApps } from '../../support/apps/running-app.js';

type Client = Pick<WebSocketConnection, 'send' | 'close'> & {
  readonly emit?: (event: string, data: unknown) => void;
};

const clientOf = (host: ArgumentsHost): Client => host.switchToWs().getClient();

function filterThat(does: (host: ArgumentsHost, error: unknown) => unknown): ExceptionFilter {
  @Catch()
  class Filter implements ExceptionFilter {
    catch(error: unknown, host: ArgumentsHost): unknown {
      return does(host, error);
    }
  }
  return new Filter();
}

const later = <T>(value: T): Promise<T> => sleep(5).then(() => value);

/** What error reporters do, and filters written for Nest's gateways. */
const silent = {
  returnsNothing: filterThat(() => undefined),
  returnsNothingLater: filterThat(() => later(undefined)),
  emits: filterThat((host) =>
    clientOf(host).emit?.('exception', { status: 'error', message: 'Internal server error' }),
  ),
  sendsNothing: filterThat((host) => void clientOf(host).send(undefined)),
};

const answering = {
  sends: filterThat((host) => void clientOf(host).send('sent')),
  sendsLater: filterThat(async (host) => {
    await sleep(5);
    await clientOf(host).send('sent');
  }),
};

function controllerOf(filter: ExceptionFilter, options: object = {}): new () => object {
  @UseFilters(filter)
  @Controller()
  class Chat {
    @WebSocket('close', options)
    @WebSocket('reply', { ...options, errors: 'reply' })
    @WebSocket('drop', { ...options, mode: 'receiveOnly' })
    chat(@Body() message: string): string {
      if (message === 'fine') return message;
      throw new NotFoundException('no such thing');
    }
    @WebSocket('feed', { ...options, mode: 'sendOnly' })
    feed(): never {
      throw new NotFoundException('no such thing');
    }
    @WebSocket('unsendable', options)
    unsendable(@Body() _message: string, sender: AsyncWebSocketSender): void {
      void sender.send(1n);
    }
  }
  return Chat;
}

const REPLY = { error: { statusCode: 404, message: 'no such thing', error: 'Not Found' } };
const CLOSED = { code: 1008, reason: 'no such thing' };

describe.each(platforms)('an exception filter on $name', (platform) => {
  afterEach(closeAllApps);

  it.each(Object.entries(silent))(
    'that answers nobody leaves the error to the policy of the route (%s)',
    async (_name, filter) => {
      const app = await startApp(platform, { controllers: [controllerOf(filter)] });
      const closing = await app.connect('close');
      closing.send('x');
      expect(await closing.closed).toMatchObject(CLOSED);
      const replying = await app.connect('reply');
      replying.send('x');
      expect(await replying.json()).toEqual(REPLY);
      replying.send('fine');
      expect(await replying.text()).toBe('fine');
      const dropping = await app.connect('drop');
      dropping.send('x');
      expect(await dropping.closed).toMatchObject(CLOSED);
      expect(await (await app.connect('feed')).closed).toMatchObject(CLOSED);
      const sending = await app.connect('unsendable');
      sending.send('x');
      expect(await sending.closed).toMatchObject({ code: 1011, reason: 'Internal server error' });
    },
  );

  it('that is APP_FILTER and emits to nobody is the same', async () => {
    const app = await startApp(platform, {
      controllers: [controllerOf(filterThat((_host, error) => Promise.reject(error)))],
      providers: [{ provide: APP_FILTER, useValue: silent.emits }],
    });
    const client = await app.connect('close');
    client.send('x');
    expect(await client.closed).toMatchObject(CLOSED);
  });

  it.each(Object.entries(answering))(
    'that sends has answered, and the connection stays (%s)',
    async (_name, filter) => {
      const app = await startApp(platform, { controllers: [controllerOf(filter)] });
      for (const path of ['close', 'reply']) {
        const client = await app.connect(path);
        client.send('x');
        expect(await client.text()).toBe('sent');
        client.send('fine');
        expect(await client.text()).toBe('fine');
      }
      const dropping = await app.connect('drop');
      dropping.send('x');
      await dropping.expectNothing(30);
      expect(dropping.isOpen).toBe(true);
    },
  );

  it('that closes has answered', async () => {
    const filter = filterThat((host) => clientOf(host).close(4000, 'From the filter'));
    const app = await startApp(platform, { controllers: [controllerOf(filter)] });
    for (const path of ['close', 'reply', 'drop', 'feed']) {
      const client = await app.connect(path);
      client.send('x');
      expect(await client.closed).toMatchObject({ code: 4000, reason: 'From the filter' });
    }
  });

  it.each([
    ['at once', filterThat(() => NO_REPLY)],
    ['later', filterThat(() => later(NO_REPLY))],
    ['from another build', filterThat(() => Symbol.for('nestjs-revali-ws:no-reply'))],
  ])('that returns NO_REPLY wants silence (%s)', async (_when, filter) => {
    const app = await startApp(platform, { controllers: [controllerOf(filter)] });
    for (const path of ['close', 'reply']) {
      const client = await app.connect(path);
      client.send('x');
      await client.expectNothing(30);
      client.send('fine');
      expect(await client.text()).toBe('fine');
    }
    const sending = await app.connect('unsendable');
    sending.send('x');
    await sending.expectNothing(30);
    expect(sending.isOpen).toBe(true);
    expect(app.logs.messages('error')).toEqual([]);
  });

  it('is not taken to have answered by what was sent before it, or elsewhere', async () => {
    const others: WebSocketConnection[] = [];
    const filter = filterThat(() => void others[0]?.send('to another'));
    @UseFilters(filter)
    @Controller()
    class Chat {
      @WebSocket('chat', { errors: 'reply' })
      async chat(@Body() message: string, connection: WebSocketConnection): Promise<string> {
        if (message === 'listen') others.push(connection);
        if (message === 'listen') return 'listening';
        await connection.send('before');
        throw new NotFoundException('no such thing');
      }
    }
    const app = await startApp(platform, { controllers: [Chat] });
    const [listener, client] = [await app.connect('chat'), await app.connect('chat')];
    listener.send('listen');
    expect(await listener.text()).toBe('listening');
    client.send('x');
    expect(await client.text()).toBe('before');
    expect(await client.json()).toEqual(REPLY);
    expect(await listener.text()).toBe('to another');
  });

  it('that is asked for a failed send of another handler answers for it', async () => {
    const seen: unknown[] = [];
    const filter = filterThat((_host, error) => {
      seen.push(error);
      return NO_REPLY;
    });
    const app = await startApp(platform, { controllers: [controllerOf(filter)] });
    const client = await app.connect('unsendable');
    client.send('x');
    await eventually(() => expect(seen).toHaveLength(1), 'the filter');
    expect(seen[0]).toBeInstanceOf(UnserializableMessageException);
  });

  it('that is still busy when its client leaves changes nothing', async () => {
    const door: Gate = gate();
    const asked: Gate = gate();
    const filter = filterThat(async () => {
      asked.open();
      await door.opened;
    });
    const app = await startApp(platform, { controllers: [controllerOf(filter)] });
    const client = await app.connect('close');
    client.send('x');
    await asked.opened;
    client.terminate();
    await client.closed;
    door.open();
    await sleep(20);
    expect(app.logs.messages('error')).toEqual([]);
  });
});
