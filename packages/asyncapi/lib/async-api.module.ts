import { Inject, Logger, Module, type DynamicModule, type OnModuleInit } from '@nestjs/common';
import { AsyncApiResponder, createController } from './async-api.controller.js';
import { createRelayController } from './relay/relay.controller.js';
import { RelayService } from './relay/relay.service.js';
import { OPTIONS, type AsyncApiModuleOptions } from './async-api.options.js';

/** Serves the AsyncAPI document of the application's WebSocket routes, as JSON and as YAML. */
@Module({})
export class AsyncApiModule implements OnModuleInit {
  /** @internal */
  constructor(@Inject(OPTIONS) private readonly options: AsyncApiModuleOptions) {}

  /**
   * The module with its options. Path and decorators have to be known when the controller is made: there is no
   * `forRootAsync()`.
   *
   * @param options See {@link AsyncApiModuleOptions}.
   * @throws RelayWithoutGuardException for `relay` in production, without a guard among the decorators.
   */
  static forRoot(options: AsyncApiModuleOptions = {}): DynamicModule {
    const provided = { provide: OPTIONS, useValue: options };
    if (!isEnabled(options)) return { module: AsyncApiModule, providers: [provided] };
    const { path = 'async-api', decorators = [], relay = false } = options;
    return {
      module: AsyncApiModule,
      controllers: [
        createController(path, decorators),
        ...(relay ? [createRelayController(path, decorators)] : []),
      ],
      providers: [provided, AsyncApiResponder, ...(relay ? [RelayService] : [])],
    };
  }

  /** @internal Called by Nest. */
  onModuleInit(): void {
    if (isEnabled(this.options)) return;
    new Logger('AsyncApi').log(
      this.options.enabled === false
        ? 'AsyncAPI documents are off: "enabled" is false.'
        : 'AsyncAPI documents are off in production. Set "enabled: true" in AsyncApiModule.forRoot() to serve them.',
    );
  }
}

function isEnabled({ enabled }: AsyncApiModuleOptions): boolean {
  return enabled ?? process.env['NODE_ENV'] !== 'production';
}
