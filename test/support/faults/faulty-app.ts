import {
  Body,
  Controller,
  Module,
  UseFilters,
  UseGuards,
  UseInterceptors,
  UsePipes,
  type MiddlewareConsumer,
  type NestModule,
} from '@nestjs/common';
import {
  AsyncWebSocketSender,
  CleanUp,
  UseObservers,
  WebSocket,
  WebSocketMode,
} from 'nestjs-revali-ws';

import { plan } from './fault-plan.js';
import {
  codec,
  Decorated,
  EarlyInterceptor,
  failingAt,
  Filter,
  FinalInterceptor,
  Guard,
  Interceptor,
  NobodyGuard,
  Observer,
  Pipe,
  Scoped,
  ScopedGuard,
  ScopedObserver,
  SyncGuard,
} from './faulty-enhancers.js';
import { asyncItems, results } from './faulty-results.js';

@UseObservers(Observer, ScopedObserver)
@UseFilters(Filter)
@UseGuards(Guard, SyncGuard)
@UseInterceptors(EarlyInterceptor, Interceptor)
@UsePipes(new Pipe('pipe'))
@Controller()
class FaultyController {
  @WebSocket('faulty', { guards: 'message' })
  handle(
    @Body(new Pipe('parameter pipe')) text: string,
    @Decorated() _decorated: unknown,
    cleanUp: CleanUp,
  ): unknown {
    cleanUp.add(() => plan.at('clean-up'));
    const pending = plan.at('handler');
    if (pending) return pending;
    return results[text]?.() ?? text;
  }

  @WebSocket('sender')
  send(sender: AsyncWebSocketSender): void {
    void sender.send({ toJSON: () => plan.at('toJSON of a send') ?? 'json' });
  }

  @WebSocket('codec', { format: codec })
  encoded(@Body() text: string): string {
    return text;
  }

  @WebSocket('chooser', {
    protocols: async (): Promise<false> => {
      await plan.at('subprotocol chooser');
      return false;
    },
  })
  choose(): void {}

  @WebSocket('sync-chooser', {
    protocols: () => {
      void plan.at('bare subprotocol chooser');
      return false;
    },
  })
  chooseAtOnce(): void {}

  @WebSocket('origins', {
    origins: () => {
      const pending = plan.at('origin policy');
      return pending ? pending.then(() => true) : true;
    },
  })
  judged(): void {}
}

@Controller()
class OtherController {
  @UseInterceptors(FinalInterceptor)
  @WebSocket('final')
  final(@Body() text: string): unknown {
    if (text === 'promise') return Promise.resolve('first');
    return text === 'generator' ? asyncItems() : 'first';
  }

  @UseGuards(NobodyGuard)
  @UseFilters(Filter)
  @WebSocket('denied')
  denied(): void {}

  @WebSocket('on-connect', { triggerOnConnect: true })
  onConnect(): unknown {
    return plan.at('handler on connect') ?? 'first';
  }

  @WebSocket('send-only', { mode: WebSocketMode.sendOnly })
  sendOnly(): unknown {
    return plan.at('handler of a send-only route') ?? 'first';
  }
}

@UseGuards(ScopedGuard)
@Controller()
class ScopedController {
  constructor(_scoped: Scoped) {
    void plan.at('constructor of the controller');
  }

  @WebSocket('scoped')
  handle(@Body() text: string): string {
    return text;
  }
}

@Controller()
class HealthyController {
  @WebSocket('healthy')
  echo(@Body() text: string): string {
    return text;
  }
}

/** For `app.use()`. */
export const appMiddleware = failingAt('middleware of the application');

@Module({
  controllers: [FaultyController, OtherController, ScopedController, HealthyController],
  providers: [Scoped, ScopedObserver],
})
export class FaultyModule implements NestModule {
  configure(consumer: MiddlewareConsumer): void {
    consumer.apply(failingAt('middleware of a module')).forRoutes(FaultyController);
  }
}
