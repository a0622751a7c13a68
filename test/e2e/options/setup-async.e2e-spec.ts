import { Body, Controller, Inject, Injectable, Module, Scope } from '@nestjs/common';
import { REQUEST } from '@nestjs/core';
import {
  InvalidOptionsFactoryException,
  RevaliWsModule,
  WebSocket,
  type RevaliWsModuleAsyncOptions,
  type RevaliWsModuleOptions,
  type RevaliWsOptionsFactory,
} from 'nestjs-revali-ws';
import { startApp } from '../../support/apps/app-factory.js';
import { platforms } from '../../support/apps/platforms.js';
import { closeAllApps, type RunningApp } from '../../support/apps/running-app.js';

@Controller('example')
class EchoController {
  @WebSocket('websocket')
  echo(@Body() message: string): string {
    return `Echo: ${message}`;
  }
}

@Injectable()
class Settings {
  readonly maxPayload = 10;
}

@Module({ providers: [Settings], exports: [Settings] })
class SettingsModule {}

@Injectable()
class OptionsFactory implements RevaliWsOptionsFactory {
  constructor(@Inject(Settings) private readonly settings: Settings) {}

  createRevaliWsOptions(): RevaliWsModuleOptions {
    return { maxPayload: this.settings.maxPayload };
  }
}

@Injectable()
class DefaultFactory {
  async create(): Promise<RevaliWsModuleOptions> {
    return { maxPayload: 10 };
  }
}

@Injectable()
class NoFactory {}

@Injectable({ scope: Scope.REQUEST })
class RequestFactory implements RevaliWsOptionsFactory {
  createRevaliWsOptions(): RevaliWsModuleOptions {
    return { maxPayload: 10 };
  }
}

@Injectable()
class InjectingFactory extends RequestFactory {
  constructor(@Inject(REQUEST) readonly request: object) {
    super();
  }
}

@Module({ providers: [RequestFactory], exports: [RequestFactory] })
class RequestModule {}

@Module({
  imports: [SettingsModule],
  providers: [OptionsFactory, DefaultFactory],
  exports: [OptionsFactory, DefaultFactory],
})
class OptionsModule {}

/** The option that each of the ways here sets. */
async function expectTenBytesAtMost(app: RunningApp): Promise<void> {
  const client = await app.connect('/example/websocket');
  client.send('0123456789');
  expect(await client.text()).toBe('Echo: 0123456789');
  client.send('0123456789a');
  expect(await client.closed).toMatchObject({ code: 1009 });
}

describe.each(platforms)('forRootAsync() on $name', (platform) => {
  afterEach(closeAllApps);

  const start = (imports: Parameters<typeof startApp>[1]): Promise<RunningApp> =>
    startApp(platform, { withoutRevaliWs: true, controllers: [EchoController], ...imports });

  it('takes a factory, with what it injects', async () => {
    const app = await start({
      imports: [
        RevaliWsModule.forRootAsync({
          imports: [SettingsModule],
          inject: [Settings],
          useFactory: ({ maxPayload }: Settings) => ({ maxPayload }),
        }),
      ],
    });
    await expectTenBytesAtMost(app);
  });

  it('awaits a factory', async () => {
    const useFactory = async (): Promise<RevaliWsModuleOptions> => {
      await new Promise((resolve) => setImmediate(resolve));
      return { maxPayload: 10 };
    };
    const app = await start({ imports: [RevaliWsModule.forRootAsync({ useFactory })] });
    await expectTenBytesAtMost(app);
  });

  it('takes a class, of which it makes its own instance', async () => {
    const app = await start({
      imports: [
        RevaliWsModule.forRootAsync({ imports: [SettingsModule], useClass: OptionsFactory }),
      ],
    });
    await expectTenBytesAtMost(app);
  });

  it('takes a provider that is there already', async () => {
    const app = await start({
      imports: [
        RevaliWsModule.forRootAsync({ imports: [OptionsModule], useExisting: OptionsFactory }),
      ],
    });
    await expectTenBytesAtMost(app);
  });

  it('takes classes that have the method name of ConfigurableModuleBuilder', async () => {
    const own = await start({
      imports: [RevaliWsModule.forRootAsync({ useClass: DefaultFactory })],
    });
    await expectTenBytesAtMost(own);
    const existing = RevaliWsModule.forRootAsync({
      imports: [OptionsModule],
      useExisting: DefaultFactory,
    });
    await expectTenBytesAtMost(await start({ imports: [existing] }));
  });

  it('refuses a class that makes no options', async () => {
    const untyped: object = { useClass: NoFactory };
    const module = RevaliWsModule.forRootAsync(untyped);
    await expect(start({ imports: [module] })).rejects.toThrow(
      'RevaliWsModule.forRootAsync(): NoFactory has no method createRevaliWsOptions().',
    );
  });

  it.each<[string, RevaliWsModuleAsyncOptions]>([
    ['a class', { useClass: RequestFactory }],
    ['what a class injects', { useClass: InjectingFactory }],
    ['what a function injects', { inject: [REQUEST], useFactory: () => ({}) }],
    ['a provider', { imports: [RequestModule], useExisting: RequestFactory }],
  ])('refuses options that are request-scoped, as %s is', async (_what, options) => {
    const module = RevaliWsModule.forRootAsync(options);
    const starting = start({ imports: [module] });
    await expect(starting).rejects.toBeInstanceOf(InvalidOptionsFactoryException);
    await expect(starting).rejects.toThrow(
      /^RevaliWsModule\.forRootAsync\(\): .* is request-scoped, .* Options are created once: leave out REQUEST/,
    );
  });

  it('refuses a bad option at start, as forRoot() does', async () => {
    const useFactory = (): RevaliWsModuleOptions => ({ maxPayload: 0 });
    await expect(start({ imports: [RevaliWsModule.forRootAsync({ useFactory })] })).rejects.toThrow(
      'RevaliWsModule.forRoot(): the option "maxPayload" is 0.',
    );
  });
});
