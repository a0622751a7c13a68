import { Controller, Get, Injectable, Module, Next, Res } from '@nestjs/common';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import {
  DuplicateRevaliWsModuleException,
  InvalidWebSocketOptionException,
  InvalidWebSocketPathException,
  RevaliWsModule,
  UnsupportedHttpAdapterException,
  UnsupportedParameterException,
  WebSocket,
  WebSocketOutsideControllerException,
} from 'nestjs-revali-ws';
import type { RequestListener } from 'node:http';
import { startApp } from '../../support/apps/app-factory.js';
import { platforms } from '../../support/apps/platforms.js';
import { closeAllApps } from '../../support/apps/running-app.js';
import { startFault } from '../../support/apps/start-fault.js';

@Controller('chat')
class FirstController {
  @WebSocket('room/:id')
  join(): void {
    // Is there, and is not called.
  }
}

/** A controller whose only route has the given path. */
function controllerAt(path: string) {
  @Controller('chat')
  class SecondController {
    @WebSocket(path)
    enter(): void {
      // Is there, and is not called.
    }
  }
  return SecondController;
}

describe.each(platforms)('what cannot be served on $name', (platform) => {
  afterEach(closeAllApps);

  it('is refused at start: @WebSocket() on a provider', async () => {
    @Injectable()
    class ChatService {
      @WebSocket('chat')
      join(): void {
        // Would wait for clients in vain.
      }
    }
    const error = await startFault(platform, { providers: [ChatService] });
    expect(error).toBeInstanceOf(WebSocketOutsideControllerException);
    expect(error.message).toBe(
      'ChatService.join() has @WebSocket(), but ChatService is not a controller. ' +
        'Add @Controller() to the class and list it under "controllers" of its module.',
    );
  });

  it.each(['room/(', 'room/:', 'room/*', 'room/{/:id'])(
    'is refused at start: the path %s',
    async (path) => {
      const error = await startFault(platform, { controllers: [controllerAt(path)] });
      expect(error).toBeInstanceOf(InvalidWebSocketPathException);
      expect(error.message).toContain('SecondController.enter()');
      expect(error.message).toContain(`/chat/${path}`);
      expect(error.message).toContain(
        'Parameters are written ":id", wildcards "*rest", optional parts "{/:id}".',
      );
    },
  );

  it('is refused at start: a parameter for the HTTP response', async () => {
    @Controller('chat')
    class ResController {
      @WebSocket('res')
      withResponse(@Res() _response: unknown): void {
        // There is no response in the message phase.
      }
    }
    @Controller('chat')
    class NextController {
      @WebSocket('next')
      withNext(@Next() _next: unknown): void {
        // Nor a next handler.
      }
    }
    const cure =
      'Return a value, or use AsyncWebSocketSender and CloseWebSocket; set headers in a guard or middleware.';
    const ofRes = await startFault(platform, { controllers: [ResController] });
    expect(ofRes).toBeInstanceOf(UnsupportedParameterException);
    expect(ofRes.message).toContain('ResController.withResponse() uses @Res()');
    expect(ofRes.message).toContain(cure);
    const ofNext = await startFault(platform, { controllers: [NextController] });
    expect(ofNext.message).toContain('NextController.withNext() uses @Next()');
  });

  it('is refused at start: the module imported twice', async () => {
    const again = { imports: [RevaliWsModule.forRoot()], controllers: [FirstController] };
    const error = await startFault(platform, again);
    expect(error).toBeInstanceOf(DuplicateRevaliWsModuleException);
    expect(error.message).toBe(
      'RevaliWsModule.forRoot() is imported more than once. ' +
        'Import it in the root module only: its providers are global.',
    );
    expect(
      await startFault(platform, {
        ...again,
        imports: [RevaliWsModule.forRootAsync({ useFactory: () => ({}) })],
      }),
    ).toBeInstanceOf(DuplicateRevaliWsModuleException);
  });

  it('may import one and the same dynamic module in several places', async () => {
    const shared = RevaliWsModule.forRoot();
    @Module({ imports: [shared] })
    class FeatureModule {}
    const imports = [shared, FeatureModule];
    const setup = { withoutRevaliWs: true, imports, controllers: [FirstController] };
    await expect(startApp(platform, setup)).resolves.toBeDefined();
  });

  it('is refused at start: a bad option of the module', async () => {
    const error = await startFault(platform, { forRoot: { maxPayload: 0 } });
    expect(error).toBeInstanceOf(InvalidWebSocketOptionException);
    expect(error.message).toBe(
      'RevaliWsModule.forRoot(): the option "maxPayload" is 0. Use an integer of at least 1.',
    );
  });

  it('is refused at start: an option that its route alone has, among the options of the module', async () => {
    const options: object = { mode: 'sendOnly' };
    const error = await startFault(platform, { forRoot: options });
    expect(error.message).toMatch(
      /^RevaliWsModule\.forRoot\(\): the option "mode" is 'sendOnly'\. /,
    );
  });

  it.each<[option: string, options: object, shown: string]>([
    ['maxPayloads', { maxPayloads: 5 }, '5'],
    ['ping', { ping: 0 }, '0'],
    ['ping', { ping: 'soon' }, "'soon'"],
    ['ping.interval', { ping: {} }, 'undefined'],
    ['origins', { origins: ['https://a.com/'] }, "'https://a.com/'"],
    ['maxPayload', { maxPayload: 0 }, '0'],
    ['concurrency', { concurrency: 0 }, '0'],
    ['mode', { mode: 'both' }, "'both'"],
    ['format', { format: 'xml' }, "'xml'"],
    ['errors', { errors: 'ignore' }, "'ignore'"],
    ['guards', { guards: 'always' }, "'always'"],
    ['triggerOnConnect', { triggerOnConnect: 'yes' }, "'yes'"],
    ['protocols', { protocols: ['a b'] }, "'a b'"],
    ['backpressure.policy', { backpressure: { policy: 'grow' } }, "'grow'"],
    ['messageRate.limit', { messageRate: { per: 5 } }, 'undefined'],
    ['idleTimeout', { idleTimeout: -1 }, '-1'],
    ['maxLifetime', { maxLifetime: 3e9 }, '3000000000'],
  ])('is refused at start: the option %s as %o', async (option, options, shown) => {
    @Controller('chat')
    class BadController {
      @WebSocket('room', options)
      join(): void {
        // Is there, and is not called.
      }
    }
    const error = await startFault(platform, { controllers: [BadController] });
    expect(error).toBeInstanceOf(InvalidWebSocketOptionException);
    expect(error.message).toContain(`BadController.join(): the option "${option}" is ${shown}. `);
    expect(error.message).toMatch(/\. (Use|Write|There is no such option; use) .+\.$/);
  });
});

/** Neither Express nor Fastify, as far as one can tell. */
class StrangeAdapter extends ExpressAdapter {
  override getInstance<T>(): T;
  override getInstance(): RequestListener {
    const serve = super.getInstance<RequestListener>();
    return (request, response) => serve(request, response);
  }

  override getType(): string {
    return 'strange';
  }
}

describe('an HTTP adapter that is neither Express nor Fastify', () => {
  afterEach(closeAllApps);
  const [platform = { name: 'fastify', createAdapter: () => new FastifyAdapter() }] = platforms;

  it('is refused at start, with its name', async () => {
    const error = await startFault(platform, {
      adapter: new StrangeAdapter(),
      controllers: [FirstController],
    });
    expect(error).toBeInstanceOf(UnsupportedHttpAdapterException);
    expect(error.message).toBe(
      'nestjs-revali-ws cannot attach to the HTTP adapter "strange". ' +
        'Use @nestjs/platform-express or @nestjs/platform-fastify.',
    );
  });

  it('is left alone where there is no WebSocket route', async () => {
    @Controller('plain')
    class PlainController {
      @Get()
      get(): string {
        return 'plain';
      }
    }
    const app = await startApp(platform, {
      adapter: new StrangeAdapter(),
      controllers: [PlainController],
    });
    expect((await app.get('/plain')).body).toBe('plain');
  });
});
