import {
  Body,
  Controller,
  RequestTimeoutException,
  UseInterceptors,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import { APP_INTERCEPTOR } from '@nestjs/core';
import { CloseWebSocketException, WebSocket } from 'nestjs-revali-ws';
import { Readable } from 'node:stream';
import {
  catchError,
  EMPTY,
  finalize,
  map,
  of,
  retry,
  tap,
  throwError,
  timeout,
  TimeoutError,
  type Observable,
} from 'rxjs';
import { startApp } from '../../support/apps/app-factory.js';
import { eventually } from '../../support/deadline.js';
import { platforms } from '../../support/apps/platforms.js';
import { closeAllApps } from '../../support/apps/running-app.js';

const notes: string[] = [];

class Noted implements NestInterceptor {
  constructor(private readonly name: string) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    notes.push(`${this.name} before (${context.getType()})`);
    return next.handle().pipe(tap(() => notes.push(`${this.name} after`)));
  }
}

/** An interceptor in one line. */
const using = (intercept: (next: CallHandler) => ReturnType<NestInterceptor['intercept']>) =>
  UseInterceptors({
    intercept: (_context: ExecutionContext, next: CallHandler) => intercept(next),
  });

const inBrackets = (next: CallHandler) => next.handle().pipe(map((item) => `<${item}>`));

@UseInterceptors(new Noted('controller'))
@Controller()
class OrderController {
  @UseInterceptors(new Noted('method 1'), new Noted('method 2'))
  @WebSocket('order')
  say(@Body() text: string): string {
    notes.push('handler');
    return text;
  }

  @WebSocket('silent')
  silent(): void {
    notes.push('handler');
  }

  @WebSocket('receive', { mode: 'receiveOnly' })
  receive(@Body() text: string): string {
    notes.push('handler');
    return text;
  }
}

@using(inBrackets)
@Controller('each')
class EachItemController {
  @WebSocket('value')
  value(@Body() text: string): string {
    return text;
  }

  @WebSocket('promise')
  async promise(@Body() text: string): Promise<string> {
    return text;
  }

  @WebSocket('observable')
  observable(): Observable<string> {
    return of('a', 'b');
  }

  @WebSocket('promised-observable')
  async promisedObservable(): Promise<Observable<string>> {
    return of('a', 'b');
  }

  @WebSocket('generator')
  *generator(): Generator<string> {
    yield 'a';
    yield 'b';
  }

  @WebSocket('async-generator')
  async *asyncGenerator(): AsyncGenerator<string> {
    yield 'a';
    yield 'b';
  }

  @WebSocket('readable')
  readable(): Readable {
    return Readable.from(['a', 'b']);
  }
}

let attempts = 0;

@Controller()
class OperatorController {
  @using((next) =>
    next.handle().pipe(
      timeout(20),
      catchError((error: unknown) =>
        throwError(() => (error instanceof TimeoutError ? new RequestTimeoutException() : error)),
      ),
    ),
  )
  @WebSocket('timeout')
  slow(@Body() text: string): unknown {
    return text === 'slow' ? new Promise(() => undefined) : text;
  }

  @using((next) => next.handle().pipe(catchError((error: Error) => of(`caught ${error.message}`))))
  @WebSocket('catch')
  async *catchError(@Body() text: string): AsyncGenerator<string> {
    yield text;
    throw new Error('it');
  }

  @using(() => of('from the interceptor'))
  @WebSocket('early')
  early(): string {
    notes.push('handler');
    return 'from the handler';
  }

  @using(() => EMPTY)
  @WebSocket('empty')
  empty(): string {
    notes.push('handler');
    return 'from the handler';
  }

  @using((next) => next.handle().pipe(retry(2)))
  @WebSocket('retry')
  flaky(@Body() text: string): string {
    attempts += 1;
    if (attempts < 3) throw new Error('not yet');
    return text;
  }

  @using((next) => next.handle().pipe(retry(2)))
  @WebSocket('retry-stream')
  async *flakyStream(@Body() text: string): AsyncGenerator<string> {
    attempts += 1;
    yield `${text} ${attempts}`;
    if (attempts < 3) throw new Error('not yet');
  }

  @using(async (next) => {
    await Promise.resolve();
    return next.handle().pipe(map((text) => `late ${text}`));
  })
  @WebSocket('async')
  asynchronous(@Body() text: string): string {
    return text;
  }

  @using((next) => next.handle().pipe(map((value: unknown) => value ?? 'nothing')))
  @WebSocket('void')
  nothing(): void {}

  @using(() => throwError(() => new CloseWebSocketException(4007, 'No')))
  @WebSocket('refuse')
  refuse(): void {}

  @using((next) => next.handle().pipe(finalize(() => notes.push('finalized'))))
  @WebSocket('forever')
  async *forever(): AsyncGenerator<string> {
    for (;;) {
      yield 'item';
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }
}

describe.each(platforms)('interceptors on $name', (platform) => {
  beforeEach(() => {
    notes.length = 0;
    attempts = 0;
  });
  afterEach(closeAllApps);

  const start = () =>
    startApp(platform, { controllers: [OrderController, EachItemController, OperatorController] });

  it('run for each message: global, controller, method, and back', async () => {
    const app = await startApp(platform, {
      controllers: [OrderController],
      providers: [{ provide: APP_INTERCEPTOR, useValue: new Noted('APP_INTERCEPTOR') }],
      configure: (nest) => void nest.useGlobalInterceptors(new Noted('global')),
    });
    const client = await app.connect('/order');
    expect(notes).toEqual([]);
    const names = ['APP_INTERCEPTOR', 'global', 'controller', 'method 1', 'method 2'];
    for (const text of ['one', 'two']) {
      notes.length = 0;
      client.send(text);
      expect(await client.text()).toBe(text);
      expect(notes).toEqual([
        ...names.map((name) => `${name} before (ws)`),
        'handler',
        ...names.toReversed().map((name) => `${name} after`),
      ]);
    }
  });

  it.each(['silent', 'receive'])('run for handlers that send nothing: %s', async (path) => {
    const app = await start();
    const client = await app.connect(`/${path}`);
    client.send('hi');
    const expected = ['controller before (ws)', 'handler', 'controller after'];
    await eventually(() => expect(notes).toEqual(expected), 'the interceptors');
    await client.expectNothing();
  });

  it.each(['value', 'promise'])('map a %s', async (path) => {
    const app = await start();
    const client = await app.connect(`/each/${path}`);
    client.send('hi');
    expect(await client.text()).toBe('<hi>');
  });

  it.each(['observable', 'promised-observable', 'generator', 'async-generator', 'readable'])(
    'map each item of a stream: %s',
    async (path) => {
      const app = await start();
      const client = await app.connect(`/each/${path}`);
      client.send('go');
      expect([await client.text(), await client.text()]).toEqual(['<a>', '<b>']);
      await client.expectNothing();
    },
  );

  it('end what takes too long, and may say so with an exception', async () => {
    const app = await start();
    const client = await app.connect('/timeout');
    client.send('fast');
    expect(await client.text()).toBe('fast');
    client.send('slow');
    expect(await client.closed).toMatchObject({ code: 1008, reason: 'Request Timeout' });
  });

  it('answer for a handler that throws', async () => {
    const app = await start();
    const client = await app.connect('/catch');
    for (const text of ['one', 'two']) {
      client.send(text);
      expect([await client.text(), await client.text()]).toEqual([text, 'caught it']);
    }
  });

  it('answer without the handler', async () => {
    const app = await start();
    const client = await app.connect('/early');
    client.send('hi');
    expect(await client.text()).toBe('from the interceptor');
    const silent = await app.connect('/empty');
    silent.send('hi');
    await silent.expectNothing();
    expect(notes).toEqual([]);
  });

  it('call the handler again when they subscribe again', async () => {
    const app = await start();
    const client = await app.connect('/retry');
    client.send('hi');
    expect(await client.text()).toBe('hi');
    expect(attempts).toBe(3);
    attempts = 0;
    const stream = await app.connect('/retry-stream');
    stream.send('hi');
    const items = [await stream.text(), await stream.text(), await stream.text()];
    expect(items).toEqual(['hi 1', 'hi 2', 'hi 3']);
  });

  it('may be asynchronous, may turn nothing into something, and may close', async () => {
    const app = await start();
    const late = await app.connect('/async');
    late.send('hi');
    expect(await late.text()).toBe('late hi');
    const something = await app.connect('/void');
    something.send('hi');
    expect(await something.text()).toBe('nothing');
    const refused = await app.connect('/refuse');
    refused.send('hi');
    expect(await refused.closed).toMatchObject({ code: 4007, reason: 'No' });
  });

  it('see the end of a stream that ends with its connection', async () => {
    const app = await start();
    const client = await app.connect('/forever');
    client.send('go');
    await client.text();
    await client.close();
    await eventually(() => expect(notes).toEqual(['finalized']), 'finalize()');
  });
});
