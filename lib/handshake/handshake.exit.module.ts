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
import { isExpressApplication } from '../routing/express.boundary.js';
import type { PlatformRequest } from '../routing/http.boundary.js';
import { PipelineSwitch } from './pipeline.switch.js';

/** A class, because Nest gives a function another name in its graph at every start. */
@Injectable()
class HandshakeExitMiddleware implements NestMiddleware {
  constructor(@Inject(PipelineSwitch) private readonly pipeline: PipelineSwitch) {}

  use(request: PlatformRequest, response: object, next: () => void): Promise<void> | undefined {
    return this.pipeline.exit(request, response, next);
  }
}

/**
 * Where upgrades leave Express' pipeline: a middleware after all others and before the first route. Earlier, users'
 * middleware would be skipped; later, `@Get(':id')` would swallow the upgrade.
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
      .forRoutes({ path: '{*path}', method: RequestMethod.ALL });
  }
}
