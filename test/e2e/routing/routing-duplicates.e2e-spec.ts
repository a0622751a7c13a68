import {
  Controller,
  Module,
  Version,
  VersioningType,
  type ControllerOptions,
} from '@nestjs/common';
import { DuplicateWebSocketRouteException, WebSocket } from 'nestjs-revali-ws';
import { startApp, type AppSetup } from '../../support/apps/app-factory.js';
import { platforms } from '../../support/apps/platforms.js';
import { closeAllApps } from '../../support/apps/running-app.js';
import { startFault } from '../../support/apps/start-fault.js';

@Controller('chat')
class FirstController {
  @WebSocket('room/:id')
  join(): void {
    // Is there, and is not called.
  }
}

/** A controller whose only route has the given path. */
function controllerAt(path: string, options: ControllerOptions = { path: 'chat' }) {
  @Controller(options)
  class SecondController {
    @WebSocket(path)
    enter(): void {
      // Is there, and is not called.
    }
  }
  return SecondController;
}

describe.each(platforms)('routes that cannot be told apart on $name', (platform) => {
  afterEach(closeAllApps);

  it.each([
    ['the same path', 'room/:id'],
    ['the same path, with another name for the parameter', 'room/:name'],
  ])('are refused at start: %s', async (_kind, path) => {
    const error = await startFault(platform, {
      controllers: [FirstController, controllerAt(path)],
    });
    expect(error).toBeInstanceOf(DuplicateWebSocketRouteException);
    expect(error.message).toBe(
      `SecondController.enter() serves /chat/${path}, which FirstController.join() serves already. ` +
        'Change one of the paths, or tell them apart by version or host.',
    );
  });

  it('are refused at start: those of a controller in two modules, which is told', async () => {
    @Module({ controllers: [FirstController] })
    class OneModule {}
    @Module({ controllers: [FirstController] })
    class TwoModule {}
    const error = await startFault(platform, { imports: [OneModule, TwoModule] });
    expect(error).toBeInstanceOf(DuplicateWebSocketRouteException);
    expect(error.message).toBe(
      'FirstController.join() serves /chat/room/:id, which FirstController.join() serves already. ' +
        'FirstController may be among the controllers of two modules: list it in one of them, ' +
        'or give the modules paths of their own with RouterModule.',
    );
  });

  it('are refused at start where the platform takes two spellings for one', async () => {
    const setup = {
      controllers: [controllerAt('Room', { path: 'a' }), controllerAt('room', { path: 'A' })],
    };
    if (platform.name === 'express') {
      expect(await startFault(platform, setup)).toBeInstanceOf(DuplicateWebSocketRouteException);
    } else {
      await expect(startApp(platform, setup)).resolves.toBeDefined();
    }
  });

  it('are allowed with different versions, but not with a common one', async () => {
    @Controller('chat')
    class ThirdController {
      @Version(['2', '3'])
      @WebSocket('room/:id')
      join(): void {
        // Is there, and is not called.
      }
    }
    const setup: AppSetup = {
      controllers: [controllerAt('room/:id', { path: 'chat', version: '1' }), ThirdController],
      configure: (nest) => {
        nest.enableVersioning({ type: VersioningType.HEADER, header: 'x-version' });
      },
    };
    await expect(startApp(platform, setup)).resolves.toBeDefined();
    const common = controllerAt('room/:id', { path: 'chat', version: ['1', '3'] });
    expect(
      await startFault(platform, { ...setup, controllers: [common, ThirdController] }),
    ).toBeInstanceOf(DuplicateWebSocketRouteException);
  });

  it('are allowed with different hosts, but not with a common one', async () => {
    const hosted = (...host: string[]) => controllerAt('room/:id', { path: 'chat', host });
    const setup = {
      controllers: [hosted('a.example.com', 'b.example.com'), hosted('c.example.com')],
    };
    await expect(startApp(platform, setup)).resolves.toBeDefined();
    expect(
      await startFault(platform, { controllers: [...setup.controllers, hosted('b.example.com')] }),
    ).toBeInstanceOf(DuplicateWebSocketRouteException);
  });
});
