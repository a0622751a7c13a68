import {
  Inject,
  Logger,
  Module,
  type DynamicModule,
  type MiddlewareConsumer,
  type NestModule,
  type OnModuleInit,
  type Type,
} from '@nestjs/common';
import { createController } from './async-api.controller.js';
import { OPTIONS, type AsyncApiModuleOptions } from './async-api.options.js';
import { checkModuleOptions } from './async-api.options.check.js';
import { AsyncApiResponder } from './async-api.responder.js';
import { withoutSlash } from './explorer/slash.middleware.js';
import { createRelayController } from './relay/relay.controller.js';
import { RelayService } from './relay/relay.service.js';

const CONTROLLER = Symbol('nestjs-revali-ws-asyncapi:controller');

/** Serves the AsyncAPI document of the application's WebSocket routes, in JSON and YAML, and a page that connects. */
@Module({})
export class AsyncApiModule implements OnModuleInit, NestModule {
  /** @internal */
  constructor(
    @Inject(OPTIONS) private readonly options: AsyncApiModuleOptions,
    @Inject(CONTROLLER) private readonly controller: Type<unknown> | undefined,
  ) {}

  /**
   * Configures the module. There is no `forRootAsync()`, because the controller needs its path and decorators when it
   * is defined.
   *
   * @param options See {@link AsyncApiModuleOptions}.
   * @throws InvalidAsyncApiOptionException for an option that cannot be honored.
   * @throws RelayWithoutGuardException for `relay` in production without a guard among the decorators.
   */
  static forRoot(options: AsyncApiModuleOptions = {}): DynamicModule {
    checkModuleOptions(options);
    const provided = { provide: OPTIONS, useValue: options };
    if (!isEnabled(options)) {
      const none = { provide: CONTROLLER, useValue: undefined };
      return { module: AsyncApiModule, providers: [provided, none] };
    }
    const { explorer = true, decorators = [], relay = false } = options;
    const path = withoutSlashes(options.path ?? 'async-api');
    const controller = createController({ path, hasExplorer: explorer, decorators });
    return {
      module: AsyncApiModule,
      controllers: [controller, ...(relay ? [createRelayController(path, decorators)] : [])],
      providers: [
        provided,
        { provide: CONTROLLER, useValue: controller },
        AsyncApiResponder,
        ...(relay ? [RelayService] : []),
      ],
    };
  }

  /** @internal Called by Nest. */
  configure(consumer: MiddlewareConsumer): void {
    if (this.controller && this.options.explorer !== false)
      consumer.apply(withoutSlash).forRoutes(this.controller);
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

/** Strips slashes as Nest does for controllers: suffixes such as `-json` must join the name. */
function withoutSlashes(path: string): string {
  return path.replaceAll(/^\/+|\/+$/g, '');
}

function isEnabled({ enabled }: AsyncApiModuleOptions): boolean {
  return enabled ?? process.env['NODE_ENV'] !== 'production';
}
