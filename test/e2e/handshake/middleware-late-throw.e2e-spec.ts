import {
  Controller,
  ForbiddenException,
  Get,
  Module,
  UseGuards,
  type MiddlewareConsumer,
  type NestModule,
} from '@nestjs/common';
import { WebSocket } from 'nestjs-revali-ws';

import { startApp } from '../../support/apps/app-factory.js';
import { platforms } from '../../support/apps/platforms.js';
import { RefusedError } from '../../support/clients/refused-error.js';
import { closeAllApps, type RunningApp } from '../../support/apps/running-app.js';

@Controller()
class LateController {
  @Get('http')
  answer() {
    return 'answer';
  }

  @WebSocket('guarded')
  @UseGuards({ canActivate: () => true })
  guarded() {
    return 'answer';
  }

  @WebSocket('bare', { triggerOnConnect: true })
  bare() {
    return 'answer';
  }
}

@Module({ controllers: [LateController] })
class LateModule implements NestModule {
  configure(consumer: MiddlewareConsumer): void {
    consumer
      .apply((_request: unknown, _response: unknown, next: () => void) => {
        next();
        throw new ForbiddenException('too late');
      })
      .forRoutes(LateController);
  }
}

async function statusOf(app: RunningApp, path: string): Promise<number> {
  try {
    await app.connect(path);
    return 101;
  } catch (error) {
    if (error instanceof RefusedError) return error.status;
    throw error;
  }
}

describe.each(platforms)('a middleware that throws after next() on $name', (platform) => {
  afterEach(closeAllApps);

  it.each(['guarded', 'bare'])('refuses an upgrade as it refuses a GET (%s)', async (path) => {
    const app = await startApp(platform, { imports: [LateModule] });
    expect((await app.get('/http')).status).toBe(403);
    expect(await statusOf(app, `/${path}`)).toBe(403);
  });
});
