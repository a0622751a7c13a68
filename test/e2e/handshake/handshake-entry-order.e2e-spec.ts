import { Controller, Module, type MiddlewareConsumer, type NestModule } from '@nestjs/common';
import { WebSocket, type WebSocketObserver } from 'nestjs-revali-ws';
import { createApp } from '../../support/apps/factory-app.js';
import { platforms } from '../../support/apps/platforms.js';
import { RefusedError } from '../../support/clients/refused-error.js';
import { closeAllApps } from '../../support/apps/running-app.js';

@Controller('door')
class DoorController {
  @WebSocket()
  enter(): string {
    return 'never';
  }
}

describe.each(platforms)('an application made by NestFactory on $name', (platform) => {
  afterEach(closeAllApps);

  const start = async (steps: string[]) => {
    @Module({ controllers: [DoorController] })
    class DoorModule implements NestModule {
      configure(consumer: MiddlewareConsumer): void {
        consumer
          .apply((_request: unknown, _response: unknown, next: (error: Error) => void) => {
            steps.push('middleware');
            next(new Error('closed'));
          })
          .forRoutes(DoorController);
      }
    }
    const observer: WebSocketObserver = {
      onOpen: () => void steps.push('onOpen'),
      onClose: (_context, { kind, status }) => void steps.push(`onClose ${kind} ${status}`),
    };
    return createApp(platform, { imports: [DoorModule], forRoot: { observers: [observer] } });
  };

  it('tells observers of a handshake before middleware refuses it', async () => {
    const steps: string[] = [];
    const app = await start(steps);
    await expect(app.connect('/door')).rejects.toMatchObject({ status: 500 });
    expect(steps).toEqual(['onOpen', 'middleware', 'onClose refused 500']);
  });

  it('refuses a foreign origin before middleware meets it', async () => {
    const steps: string[] = [];
    const app = await start(steps);
    const attempt = app.connect('/door', { headers: { Origin: 'https://evil.example' } });
    await expect(attempt).rejects.toBeInstanceOf(RefusedError);
    expect(steps).toEqual(['onOpen', 'onClose refused 403']);
  });
});
