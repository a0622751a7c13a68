import {
  Controller,
  Get,
  Module,
  type MiddlewareConsumer,
  type NestModule,
  type Type,
} from '@nestjs/common';
import { WebSocket } from 'nestjs-revali-ws';

import { startApp } from '../../support/apps/app-factory.js';
import { platforms } from '../../support/apps/platforms.js';
import { closeAllApps } from '../../support/apps/running-app.js';

const met: string[] = [];

@Controller('http')
class OverHttp {
  @Get(['', 'b'])
  answer() {
    return 'answer';
  }
}

@Controller('ws')
class OverWebSocket {
  @WebSocket(['', 'b'], { triggerOnConnect: true })
  answer() {
    return 'answer';
  }
}

@Controller('both')
class OverBoth {
  @Get()
  answer() {
    return 'answer';
  }

  @WebSocket(['', 'b'], { triggerOnConnect: true })
  say() {
    return 'answer';
  }
}

const controllers: Type<unknown>[] = [OverHttp, OverWebSocket, OverBoth];

@Module({ controllers })
class BoundModule implements NestModule {
  configure(consumer: MiddlewareConsumer): void {
    consumer
      .apply((_request: unknown, _response: unknown, next: () => void) => {
        met.push('middleware');
        next();
      })
      .forRoutes(...controllers);
  }
}

describe.each(platforms)('middleware bound to a controller on $name', (platform) => {
  beforeEach(() => met.splice(0));
  afterEach(closeAllApps);

  it.each(['', '/b'])(
    "runs once for the path '%s' of a route with several, as over HTTP",
    async (path) => {
      const app = await startApp(platform, { module: BoundModule });
      expect((await app.get(`/http${path}`)).body).toBe('answer');
      expect(met.splice(0)).toEqual(['middleware']);
      for (const base of ['/ws', '/both']) {
        // oxlint-disable-next-line no-await-in-loop -- one request after another
        const client = await app.connect(`${base}${path}`);
        // oxlint-disable-next-line no-await-in-loop -- as above
        expect(await client.text()).toBe('answer');
        expect(met.splice(0)).toEqual(['middleware']);
      }
    },
  );
});
