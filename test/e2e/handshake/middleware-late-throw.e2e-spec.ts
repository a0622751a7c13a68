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

  it('refuses a GET, and an upgrade that has not been let in yet', async () => {
    const app = await startApp(platform, { imports: [LateModule] });
    expect((await app.get('/http')).status).toBe(403);
    expect(await statusOf(app, '/guarded')).toBe(403);
  });

  it('cannot refuse what has been let in at once, and leaves it as it is', async () => {
    const app = await startApp(platform, { imports: [LateModule] });
    if (platform.name === 'fastify') {
      expect(await statusOf(app, '/bare')).toBe(403);
      return;
    }
    const client = await app.connect('/bare');
    expect(await client.text()).toBe('answer');
    client.send('again');
    expect(await client.text()).toBe('answer');
  });
});
