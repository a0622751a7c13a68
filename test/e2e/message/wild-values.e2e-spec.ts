import {
  BadRequestException,
  Body,
  Catch,
  Controller,
  UseFilters,
  type ExceptionFilter,
} from '@nestjs/common';
import {
  CloseWebSocket,
  CloseWebSocketException,
  WebSocket,
  WebSocketConnection,
} from 'nestjs-revali-ws';
import { of } from 'rxjs';
import { startApp } from '../../support/apps/app-factory.js';
import { unhandled, type UnhandledRecorder } from '../../support/faults/leaks.js';
import { platforms } from '../../support/apps/platforms.js';
import { closeAllApps } from '../../support/apps/running-app.js';

const problems = Array.from({ length: 8 }, (_, index) => `property${index} should not be empty`);

/** What `any` lets through: lists of messages, bytes, an object with a length. */
const REASONS: Record<string, unknown> = {
  'a list of messages': problems,
  'a short list': ['no'],
  bytes: new Float64Array(100),
  'an object with a length': { length: 4 },
  'a number': 7,
  null: null,
};

@Catch(BadRequestException)
class PassesMessagesOn implements ExceptionFilter {
  catch(error: BadRequestException): never {
    const message: unknown = Reflect.get(Object(error.getResponse()), 'message');
    throw Reflect.construct(CloseWebSocketException, [4400, message]);
  }
}

function revoked(): Error {
  const { proxy, revoke } = Proxy.revocable(new Error('secret'), {});
  revoke();
  return proxy;
}

@Controller()
class WildController {
  @WebSocket('connection')
  byConnection(@Body() name: string, connection: WebSocketConnection): void {
    Reflect.apply(connection.close, connection, [4000, REASONS[name]]);
  }

  @WebSocket('handle')
  byHandle(@Body() name: string, close: CloseWebSocket): void {
    Reflect.apply(close.close, close, [4000, REASONS[name]]);
  }

  @WebSocket('exception')
  byException(@Body() name: string): never {
    throw Reflect.construct(CloseWebSocketException, [4000, REASONS[name]]);
  }

  @UseFilters(PassesMessagesOn)
  @WebSocket('filter')
  byFilter(): never {
    throw new BadRequestException(problems);
  }

  @WebSocket('generator')
  *generator(): Generator {
    yield Promise.resolve('first');
    yield Promise.reject(new Error('secret'));
    yield 'never';
  }

  @WebSocket('observable')
  observable(): unknown {
    return of(Promise.resolve('first'), Promise.reject(new Error('secret')), 'never');
  }

  @WebSocket('error')
  error(@Body() kind: string): never {
    if (kind === 'revoked') throw revoked();
    throw Object.defineProperty(new BadRequestException(), 'getStatus', {
      get: () => {
        throw new Error('secret');
      },
    });
  }

  @WebSocket('clean-up')
  cleanUp(@Body() _body: string, connection: WebSocketConnection): string {
    connection.onClose(() => {
      throw revoked();
    });
    return 'ready';
  }
}

describe.each(platforms)('what no type allows, on $name', (platform) => {
  let recorder: UnhandledRecorder;

  beforeEach(() => {
    recorder = unhandled();
  });

  afterEach(async () => {
    await closeAllApps();
    expect(await recorder.release()).toEqual([]);
  });

  const start = () => startApp(platform, { controllers: [WildController] });

  it.each(['connection', 'handle', 'exception'])(
    'as a close reason is a fault of the handler (%s)',
    async (path) => {
      const app = await start();
      for (const name of Object.keys(REASONS)) {
        const client = await app.connect(path);
        client.send(name);
        expect(await client.closed).toMatchObject({ code: 1011 });
      }
      expect(app.logs.messages('error').join()).toContain(
        'A close reason must be a string, not an array',
      );
    },
  );

  it('as the reason that a filter passes on leaves the exception to the policy', async () => {
    const app = await start();
    const client = await app.connect('filter');
    client.send('x');
    expect(await client.closed).toMatchObject({ code: 1007 });
  });

  it.each(['generator', 'observable'])('promises as items are awaited (%s)', async (path) => {
    const app = await start();
    const client = await app.connect(path);
    client.send('x');
    expect(await client.text()).toBe('first');
    expect(await client.closed).toMatchObject({ code: 1011 });
    expect(client.received).toBe(1);
  });

  it.each(['revoked', 'getter'])(
    'as an error is one line of the log and 1011 (%s)',
    async (kind) => {
      const app = await start();
      const client = await app.connect('error');
      client.send(kind);
      expect(await client.closed).toMatchObject({ code: 1011, reason: 'Internal server error' });
      const lines = app.logs
        .messages('error')
        .filter((line) => line.includes('WildController.error()'));
      expect(lines).toHaveLength(1);
    },
  );

  it('is contained where a clean-up throws it', async () => {
    const app = await start();
    const client = await app.connect('clean-up');
    client.send('x');
    expect(await client.text()).toBe('ready');
    expect(await client.close()).toMatchObject({ code: 1005 });
    await app.close();
    expect(app.logs.messages('error').join()).toContain(
      'A clean-up of WildController.cleanUp() failed',
    );
  });
});
