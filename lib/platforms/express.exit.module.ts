import {
  Inject,
  Injectable,
  Module,
  RequestMethod,
  type MiddlewareConsumer,
  type NestMiddleware,
  type NestModule,
} from '@nestjs/common';
import { HttpAdapterHost, ModulesContainer } from '@nestjs/core';
import { ModuleDistance, placeModule } from '../nest/module.order.js';
import { EXIT_PATH } from './express.layers.js';
import { isExpressApplication } from './express.platform.js';

/**
 * Placeholder that the exit of upgrades replaces. It is a class because Nest gives a function another name in its graph
 * at every startup.
 */
@Injectable()
class HandshakeExitMiddleware implements NestMiddleware {
  use(_request: object, _response: object, next: () => void): void {
    next();
  }
}

/**
 * Where upgrades leave Express' pipeline: after all other middleware and before the first route. Earlier, they would
 * skip users' middleware; later, `@Get(':id')` would swallow them.
 */
@Module({})
export class HandshakeExitModule implements NestModule {
  constructor(
    @Inject(ModulesContainer) modules: ModulesContainer,
    @Inject(HttpAdapterHost) private readonly host: HttpAdapterHost,
  ) {
    placeModule(modules, HandshakeExitModule, ModuleDistance.last);
  }

  configure(consumer: MiddlewareConsumer): void {
    const instance: unknown = this.host.httpAdapter.getInstance();
    if (!isExpressApplication(instance)) return;
    consumer
      .apply(HandshakeExitMiddleware)
      .forRoutes({ path: EXIT_PATH, method: RequestMethod.ALL });
  }
}
