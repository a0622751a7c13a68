import {
  Body,
  Controller,
  Injectable,
  UseInterceptors,
  UsePipes,
  type NestInterceptor,
  type PipeTransform,
} from '@nestjs/common';
import {
  AsyncWebSocketSender,
  CloseWebSocket,
  CloseWebSocketException,
  InvalidCloseCodeException,
  WebSocket,
} from 'nestjs-revali-ws';
import { concat, of, throwError, type Observable } from 'rxjs';

import { startApp } from '../../support/apps/app-factory.js';
import { transports } from '../../support/apps/transports.js';
import { closeAllApps } from '../../support/apps/running-app.js';

const kick = (): never => {
  throw new CloseWebSocketException(4401, 'Log in again');
};
const pipe: PipeTransform = { transform: kick };
const before: NestInterceptor = { intercept: kick };

@Controller()
class Throwing {
  @WebSocket('handler')
  @WebSocket('handler-reply', { errors: 'reply' })
  handler(): void {
    kick();
  }

  @WebSocket('late')
  async late(): Promise<void> {
    await new Promise(setImmediate);
    kick();
  }

  @UsePipes(pipe)
  @WebSocket('pipe')
  pipe(@Body() _body: string): void {
    throw new Error('the pipe comes first');
  }

  @WebSocket('parameter-pipe')
  parameterPipe(@Body(pipe) _body: string): void {
    throw new Error('the pipe comes first');
  }

  @UseInterceptors(before)
  @WebSocket('interceptor')
  interceptor(): void {
    throw new Error('the interceptor comes first');
  }

  @WebSocket('generator')
  *generator(): Generator<string> {
    yield 'first';
    kick();
  }

  @WebSocket('observable')
  observable(): Observable<string> {
    return concat(
      of('first'),
      throwError(() => new CloseWebSocketException(4401, 'Log in again')),
    );
  }
}

@Injectable()
class Bouncer {
  constructor(
    private readonly closer: CloseWebSocket,
    private readonly sender: AsyncWebSocketSender<string>,
  ) {}

  bounce(): void {
    void this.sender.send('You are not on the list');
    this.closer.close(4403, 'Bounced');
  }
}

@Controller()
class Club {
  constructor(private readonly bouncer: Bouncer) {}

  @WebSocket('club')
  enter(@Body() name: string): string {
    if (name === 'Bob') this.bouncer.bounce();
    return `Hello ${name}`;
  }
}

describe.each(transports)('CloseWebSocketException on $label', (platform) => {
  afterEach(closeAllApps);

  it.each(['handler', 'handler-reply', 'late', 'pipe', 'parameter-pipe', 'interceptor'])(
    'closes with exactly its code and reason (%s)',
    async (path) => {
      const app = await startApp(platform, { controllers: [Throwing] });
      const client = await app.connect(path);
      client.send('go');
      const closed = { code: 4401, reason: 'Log in again', wasClean: true };
      expect(await client.closed).toEqual(closed);
      expect(client.received).toBe(0);
      expect(app.logs.messages('error')).toEqual([]);
    },
  );

  it.each(['generator', 'observable'])('from a stream comes after its items (%s)', async (path) => {
    const app = await startApp(platform, { controllers: [Throwing] });
    const client = await app.connect(path);
    client.send('go');
    expect(await client.text()).toBe('first');
    expect(await client.closed).toMatchObject({ code: 4401, reason: 'Log in again' });
  });

  it('has the defaults of close(), and refuses a code that cannot be sent', () => {
    expect(new CloseWebSocketException()).toMatchObject({
      code: 1000,
      reason: 'Closed by the server',
    });
    expect(() => new CloseWebSocketException(1006)).toThrow(InvalidCloseCodeException);
  });

  it('CloseWebSocket as a provider closes the connection of its own client only', async () => {
    const app = await startApp(platform, { controllers: [Club], providers: [Bouncer] });
    const ann = await app.connect('club');
    const bob = await app.connect('club');
    bob.send('Bob');
    expect(await bob.text()).toBe('You are not on the list');
    expect(await bob.text()).toBe('Hello Bob');
    expect(await bob.closed).toMatchObject({ code: 4403, reason: 'Bounced' });
    ann.send('Ann');
    expect(await ann.text()).toBe('Hello Ann');
  });
});
