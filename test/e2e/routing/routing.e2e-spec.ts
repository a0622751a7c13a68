import { Body, Controller, Module, RequestMethod } from '@nestjs/common';
import { RouterModule } from '@nestjs/core';
import { WebSocket } from 'nestjs-revali-ws';
import { startApp } from '../../support/apps/app-factory.js';
import { platforms } from '../../support/apps/platforms.js';
import { closeAllApps, type RunningApp } from '../../support/apps/running-app.js';
import { upgradeStatus } from '../../support/clients/upgrade-status.js';

/** Sends a message and reads the answer, by which each handler here tells its name. */
async function ask(app: RunningApp, path: string): Promise<string> {
  const client = await app.connect(path);
  client.send('?');
  const answer = await client.text();
  client.terminate();
  return answer;
}

@Controller('chat')
class ChatController {
  @WebSocket('room')
  room(): string {
    return 'room';
  }

  @WebSocket('lobby')
  lobby(): string {
    return 'lobby';
  }

  @WebSocket()
  own(): string {
    return 'own path';
  }

  @WebSocket(['first', '/second'])
  both(): string {
    return 'both';
  }
}

@Controller(['left', 'right'])
class TwoPathsController {
  @WebSocket(['a', 'b'])
  handle(): string {
    return 'of both paths';
  }
}

@Controller()
class RootController {
  @WebSocket('root')
  root(): string {
    return 'root';
  }
}

class BaseController {
  @WebSocket('inherited')
  inherited(@Body() message: string): string {
    return `${this.name()} heard ${message}`;
  }

  @WebSocket('overridden')
  overridden(): string {
    return 'base';
  }

  protected name(): string {
    return 'base';
  }
}

@Controller('child')
class ChildController extends BaseController {
  @WebSocket('overridden')
  override overridden(): string {
    return 'child';
  }

  protected override name(): string {
    return 'child';
  }
}

describe.each(platforms)('paths of routes on $name', (platform) => {
  afterEach(closeAllApps);

  it('serves several routes of a controller below its prefix', async () => {
    const app = await startApp(platform, { controllers: [ChatController] });
    expect(await ask(app, '/chat/room')).toBe('room');
    expect(await ask(app, '/chat/lobby')).toBe('lobby');
  });

  it('serves a route without a path at the path of the controller', async () => {
    const app = await startApp(platform, { controllers: [ChatController] });
    expect(await ask(app, '/chat')).toBe('own path');
  });

  it('serves each path of a list', async () => {
    const app = await startApp(platform, { controllers: [ChatController, TwoPathsController] });
    for (const path of ['/chat/first', '/chat/second']) expect(await ask(app, path)).toBe('both');
    for (const path of ['/left/a', '/left/b', '/right/a', '/right/b']) {
      expect(await ask(app, path)).toBe('of both paths');
    }
  });

  it('serves a controller without a path', async () => {
    const app = await startApp(platform, { controllers: [RootController] });
    expect(await ask(app, '/root')).toBe('root');
  });

  it('serves inherited and overridden methods, each once', async () => {
    const app = await startApp(platform, { controllers: [ChildController] });
    expect(await ask(app, '/child/inherited')).toBe('child heard ?');
    expect(await ask(app, '/child/overridden')).toBe('child');
    expect(
      app.logs.messages('log').filter((line) => line === 'Mapped {/child/overridden, WS} route'),
    ).toHaveLength(1);
  });

  it('serves the controllers of all modules', async () => {
    @Module({ controllers: [RootController] })
    class InnerModule {}
    @Module({ imports: [InnerModule], controllers: [ChildController] })
    class OuterModule {}
    const app = await startApp(platform, { module: OuterModule, controllers: [ChatController] });
    expect(await ask(app, '/root')).toBe('root');
    expect(await ask(app, '/child/overridden')).toBe('child');
    expect(await ask(app, '/chat/room')).toBe('room');
  });

  it('puts the prefix of RouterModule before the routes of a module', async () => {
    @Module({ controllers: [RootController] })
    class AdminModule {}
    const app = await startApp(platform, {
      imports: [
        AdminModule,
        RouterModule.register([
          { path: 'outer', children: [{ path: 'admin', module: AdminModule }] },
        ]),
      ],
    });
    expect(await ask(app, '/outer/admin/root')).toBe('root');
    expect(await upgradeStatus(app, '/root')).toBe(404);
  });

  it('puts the global prefix before all routes but the excluded ones', async () => {
    const app = await startApp(platform, {
      controllers: [ChatController, RootController],
      configure: (nest) => {
        nest.setGlobalPrefix('api', {
          exclude: ['root', { path: 'chat/lobby', method: RequestMethod.GET }],
        });
      },
    });
    expect(await ask(app, '/api/chat/room')).toBe('room');
    expect(await ask(app, '/root')).toBe('root');
    expect(await ask(app, '/chat/lobby')).toBe('lobby');
    expect(await upgradeStatus(app, '/chat/room')).toBe(404);
    expect(await upgradeStatus(app, '/api/root')).toBe(404);
  });

  it('serves the same controller once for each module that lists it', async () => {
    @Module({ controllers: [RootController] })
    class OneModule {}
    @Module({ controllers: [RootController] })
    class TwoModule {}
    const app = await startApp(platform, {
      imports: [
        OneModule,
        TwoModule,
        RouterModule.register([
          { path: 'one', module: OneModule },
          { path: 'two', module: TwoModule },
        ]),
      ],
    });
    expect(await ask(app, '/one/root')).toBe('root');
    expect(await ask(app, '/two/root')).toBe('root');
  });
});
