import {
  Body,
  Controller,
  createParamDecorator,
  Scope,
  UseInterceptors,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import {
  CloseWebSocket,
  Connection,
  UseObservers,
  WebSocket,
  WebSocketConnection,
  type WebSocketObserver,
} from 'nestjs-revali-ws';
import { interval, map, take, tap, type Observable } from 'rxjs';

import { startApp } from '../../support/apps/app-factory.js';
import { eventually, sleep } from '../../support/deadline.js';
import { transports } from '../../support/apps/transports.js';
import { closeAllApps } from '../../support/apps/running-app.js';
import type { TestClient } from '../../support/clients/test-client.js';

const passThrough: NestInterceptor = {
  intercept: (_context, next) => next.handle().pipe(map((item: unknown) => item)),
};

const CLOSED = { code: 4000, reason: 'Done' };
const close = (closer: Pick<CloseWebSocket, 'close'>): void => closer.close(4000, 'Done');

class Streams {
  *generator(connection: WebSocketConnection): Generator<string> {
    yield 'a';
    close(connection);
    yield 'b';
    yield 'c';
  }
  async *asyncGenerator(connection: WebSocketConnection): AsyncGenerator<string> {
    yield 'a';
    await sleep(5);
    close(connection);
    yield 'b';
    await sleep(5);
    yield 'c';
  }
  async promised(connection: WebSocketConnection): Promise<AsyncGenerator<string>> {
    await sleep(1);
    return this.asyncGenerator(connection);
  }
  observable(connection: WebSocketConnection): Observable<string> {
    return interval(5).pipe(
      take(3),
      tap((index) => index === 1 && close(connection)),
      map((index) => 'abc'.charAt(index)),
    );
  }
}

const streams = new Streams();

@Controller('plain')
class PlainController {
  @WebSocket('generator')
  generator(connection: WebSocketConnection): Generator<string> {
    return streams.generator(connection);
  }
  @WebSocket('async-generator')
  @WebSocket('beside', { concurrency: 4 })
  asyncGenerator(connection: WebSocketConnection): AsyncGenerator<string> {
    return streams.asyncGenerator(connection);
  }
  @WebSocket('promised')
  promised(connection: WebSocketConnection): Promise<AsyncGenerator<string>> {
    return streams.promised(connection);
  }
  @WebSocket('observable')
  observable(connection: WebSocketConnection): Observable<string> {
    return streams.observable(connection);
  }
}

@UseInterceptors(passThrough)
@Controller('intercepted')
class InterceptedController extends PlainController {}

@Controller({ path: 'injected', scope: Scope.REQUEST })
class InjectedController {
  constructor(private readonly closer: CloseWebSocket) {}

  @WebSocket('async-generator')
  async *asyncGenerator(): AsyncGenerator<string> {
    yield 'a';
    await sleep(5);
    close(this.closer);
    yield 'b';
    yield 'c';
  }
}

const Client = createParamDecorator(
  (_data: unknown, context: ExecutionContext): WebSocketConnection =>
    context.switchToWs().getClient(),
);

/** Asks for its client only when the stream already runs. */
const closer: NestInterceptor = {
  intercept: (context, next) =>
    next
      .handle()
      .pipe(tap((item) => item === 'a' && close(context.switchToWs().getClient<CloseWebSocket>()))),
};

const observed: WebSocketConnection[] = [];
const observer: WebSocketObserver = {
  onOpen: ({ connection }) => void observed.push(connection),
};

async function* abc(middle: () => void = () => undefined): AsyncGenerator<string> {
  yield 'a';
  await sleep(5);
  middle();
  yield 'b';
  await sleep(5);
  yield 'c';
}

/** Each comes by its connection in another way. */
@Controller('given')
class GivenController {
  @WebSocket('decorator')
  decorator(@Connection() connection: WebSocketConnection): AsyncGenerator<string> {
    return abc(() => close(connection));
  }
  @WebSocket('custom-decorator')
  custom(@Client() connection: WebSocketConnection): AsyncGenerator<string> {
    return abc(() => close(connection));
  }
  @UseInterceptors(closer)
  @WebSocket('interceptor')
  interceptor(): AsyncGenerator<string> {
    return abc();
  }
  @UseObservers(observer)
  @WebSocket('observer')
  observer(): AsyncGenerator<string> {
    return abc(() => observed.splice(0).forEach(close));
  }
}

async function itemsOf(client: TestClient): Promise<string[]> {
  await client.closed;
  return Promise.all(Array.from({ length: client.received }, () => client.text()));
}

describe.each(transports)('a close within the stream of its own call, on $label', (platform) => {
  afterEach(closeAllApps);

  const controllers = [PlainController, InterceptedController, InjectedController, GivenController];

  it.each([
    'plain/generator',
    'plain/async-generator',
    'plain/beside',
    'plain/promised',
    'plain/observable',
    'intercepted/generator',
    'intercepted/async-generator',
    'intercepted/promised',
    'intercepted/observable',
    'injected/async-generator',
    'given/decorator',
    'given/custom-decorator',
    'given/interceptor',
    'given/observer',
  ])('lets it finish (%s)', async (path) => {
    const app = await startApp(platform, { controllers });
    const client = await app.connect(path);
    client.send('go');
    expect(await client.closed).toMatchObject(CLOSED);
    expect(await itemsOf(client)).toEqual(['a', 'b', 'c']);
  });

  it('is bounded by closeTimeout', async () => {
    @Controller()
    class Endless {
      @WebSocket('endless')
      async *endless(
        @Body() _message: string,
        connection: WebSocketConnection,
      ): AsyncGenerator<string> {
        close(connection);
        // The first ones at once: a busy machine may take all of closeTimeout for one sleep.
        for (let item = 0; ; item += 1) {
          if (item > 2) await sleep(5);
          yield 'item';
        }
      }
    }
    const app = await startApp(platform, {
      controllers: [Endless],
      forRoot: { closeTimeout: 500 },
    });
    const client = await app.connect('endless');
    client.send('go');
    expect(await client.closed).toMatchObject(CLOSED);
    expect(client.received).toBeGreaterThan(2);
  });

  it('ends the streams of other calls, and of other connections that it closes', async () => {
    const ended: string[] = [];
    const connections: WebSocketConnection[] = [];
    @Controller()
    class Feeds {
      @WebSocket('feeds', { concurrency: 2 })
      async *feed(
        @Body() message: string,
        connection: WebSocketConnection,
      ): AsyncGenerator<string> {
        connections.push(connection);
        try {
          for (;;) {
            await sleep(2);
            if (message === 'kick') close(connections[0] ?? connection);
            if (message === 'close') close(connection);
            yield message;
            if (message === 'close') return;
          }
        } finally {
          ended.push(message);
        }
      }
    }
    const app = await startApp(platform, { controllers: [Feeds], forRoot: { closeTimeout: '1h' } });
    const victim = await app.connect('feeds');
    victim.send('endless');
    await victim.text();
    const kicker = await app.connect('feeds');
    kicker.send('kick');
    expect(await victim.closed).toMatchObject(CLOSED);
    expect(ended).toEqual(['endless']);
    expect(kicker.isOpen).toBe(true);
    kicker.send('close');
    expect(await kicker.closed).toMatchObject(CLOSED);
    await eventually(() => expect(ended.toSorted()).toEqual(['close', 'endless', 'kick']), 'all');
  });

  it('from outside ends the stream at once, as before', async () => {
    const connections: WebSocketConnection[] = [];
    const ended: string[] = [];
    @Controller()
    class Feed {
      @WebSocket('feed')
      async *feed(
        @Body() _message: string,
        connection: WebSocketConnection,
      ): AsyncGenerator<string> {
        connections.push(connection);
        try {
          for (;;) {
            await sleep(2);
            yield 'item';
          }
        } finally {
          ended.push('ended');
        }
      }
    }
    const app = await startApp(platform, { controllers: [Feed], forRoot: { closeTimeout: '1h' } });
    const client = await app.connect('feed');
    client.send('go');
    await client.text();
    for (const connection of connections) close(connection);
    expect(await client.closed).toMatchObject(CLOSED);
    expect(ended).toEqual(['ended']);
  });
});
