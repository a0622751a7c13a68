import {
  Body,
  Controller,
  Inject,
  Injectable,
  SetMetadata,
  UseGuards,
  type CanActivate,
  type ExecutionContext,
} from '@nestjs/common';
import { APP_GUARD, Reflector } from '@nestjs/core';
import { WebSocket, WebSocketConnection } from 'nestjs-revali-ws';
import { startApp, type AppSetup } from '../../support/apps/app-factory.js';
import { platforms } from '../../support/apps/platforms.js';
import { refusedUpgrade } from '../../support/raw/refused-upgrade.js';
import { closeAllApps } from '../../support/apps/running-app.js';

const journal: string[] = [];
let refusing: string | undefined;

/** A guard that notes that it was asked, and refuses where it is the one that shall. */
function noting(name: string): CanActivate {
  return {
    canActivate: async () => {
      await Promise.resolve();
      journal.push(name);
      return name !== refusing;
    },
  };
}

@Injectable()
class AppGuard implements CanActivate {
  canActivate(): boolean {
    journal.push('APP_GUARD');
    return refusing !== 'APP_GUARD';
  }
}

@Controller('house')
@UseGuards(noting('controller 1'), noting('controller 2'))
class GuardedController {
  @WebSocket('door')
  @UseGuards(noting('method 1'))
  @UseGuards(noting('method 0'))
  enter(@Body() message: string): string {
    journal.push('handler');
    return message;
  }
}

const guarded: AppSetup = {
  controllers: [GuardedController],
  providers: [{ provide: APP_GUARD, useClass: AppGuard }],
  configure: (app) => void app.useGlobalGuards(noting('useGlobalGuards')),
};

const order = [
  'APP_GUARD',
  'useGlobalGuards',
  'controller 1',
  'controller 2',
  'method 0',
  'method 1',
];

const Roles = (...roles: string[]) => SetMetadata('roles', roles);

interface Seen {
  type: string;
  controller: string;
  handler: string;
  roles: string[];
  url: unknown;
  hasResponse: boolean;
  clientIsHandler: boolean;
}

const seen: Seen[] = [];

@Injectable()
class RolesGuard implements CanActivate {
  constructor(@Inject(Reflector) private readonly reflector: Reflector) {}

  canActivate(context: ExecutionContext): boolean {
    const targets = [context.getHandler(), context.getClass()];
    const request = context.switchToHttp().getRequest<{ url: string }>();
    const response = context.switchToHttp().getResponse<object>();
    seen.push({
      type: context.getType(),
      controller: context.getClass().name,
      handler: context.getHandler().name,
      roles: this.reflector.getAllAndMerge<string[]>('roles', targets),
      url: request.url,
      hasResponse: 'headersSent' in response || 'sent' in response,
      clientIsHandler: context.getHandler() === HallController.prototype.enter,
    });
    return true;
  }
}

@Controller('hall')
@Roles('guest')
@UseGuards(RolesGuard)
class HallController {
  @WebSocket(':room')
  @Roles('admin')
  enter(@Body() message: string): string {
    return message;
  }
}

/** An HTTP guard as people write it: reads the request, leaves what it found for the handler. */
@Injectable()
class TokenGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<{
      headers: Record<string, string | undefined>;
      query: Record<string, string | undefined>;
      params: Record<string, string | undefined>;
      user?: string;
    }>();
    request.user = [request.headers['x-user'], request.query['as'], request.params['room']].join();
    return request.user === 'ada,admin,attic';
  }
}

@Controller('rooms')
@UseGuards(TokenGuard)
class RoomController {
  @WebSocket(':room')
  enter(@Body() _message: string, connection: WebSocketConnection): unknown {
    return Reflect.get(connection.request, 'user');
  }
}

describe.each(platforms)('the order and the context of guards on $name', (platform) => {
  beforeEach(() => {
    journal.splice(0);
    seen.splice(0);
    refusing = undefined;
  });
  afterEach(closeAllApps);

  it('asks global, then controller, then method guards, each once', async () => {
    const app = await startApp(platform, guarded);
    const client = await app.connect('/house/door');
    for (const message of ['one', 'two']) {
      client.send(message);
      expect(await client.text()).toBe(message);
    }
    expect(journal).toEqual([...order, 'handler', 'handler']);
  });

  it.each(order.map((name, at) => ({ name, asked: order.slice(0, at + 1) })))(
    'asks nobody after $name has refused',
    async ({ name, asked }) => {
      refusing = name;
      const app = await startApp(platform, guarded);
      expect(await refusedUpgrade(app, '/house/door')).toMatchObject({ status: 403 });
      expect(journal).toEqual(asked);
    },
  );

  it('shows guards an HTTP context of this controller and method', async () => {
    const app = await startApp(platform, { controllers: [HallController] });
    await app.connect('/hall/attic?as=admin');
    expect(seen).toEqual([
      {
        type: 'http',
        controller: 'HallController',
        handler: 'enter',
        roles: ['admin', 'guest'],
        url: '/hall/attic?as=admin',
        hasResponse: true,
        clientIsHandler: true,
      },
    ]);
  });

  it('lets a guard read headers, query and parameters, and leave a user for the handler', async () => {
    const app = await startApp(platform, { controllers: [RoomController] });
    const client = await app.connect('/rooms/attic?as=admin', { headers: { 'x-user': 'ada' } });
    client.send('who am I?');
    expect(await client.text()).toBe('ada,admin,attic');
    expect(await refusedUpgrade(app, '/rooms/cellar?as=admin')).toMatchObject({ status: 403 });
  });
});
