import { Controller, Get, Injectable, Module } from '@nestjs/common';
import { ApplicationConfig, ModulesContainer } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { WebSocket } from '../../../lib/decorators/web-socket.decorator.js';
import { RouteExplorer } from '../../../lib/discovery/route.explorer.js';
import type { RouteDefinition } from '../../../lib/discovery/route.definition.js';
import { RoutePaths } from '../../../lib/nest/route.paths.js';
import {
  InvalidWebSocketOptionException,
  WebSocketOutsideControllerException,
} from '../../../lib/errors/revali-ws.exceptions.js';
import { resolveModuleOptions } from '../../../lib/options/revali-ws.options.resolver.js';

type Modules = Parameters<typeof Test.createTestingModule>[0];

async function explore(metadata: Modules): Promise<RouteDefinition[]> {
  const testing = await Test.createTestingModule(metadata).compile();
  const modules = testing.get(ModulesContainer);
  const paths = new RoutePaths(testing.get(ApplicationConfig), modules);
  return new RouteExplorer(modules, paths, resolveModuleOptions({ errors: 'reply' })).explore();
}

class BaseController {
  @WebSocket('inherited')
  inherited(): void {}

  @WebSocket('hidden')
  hidden(): void {}

  @WebSocket('overridden')
  overridden(): void {}
}

@Controller('child')
class ChildController extends BaseController {
  @WebSocket(['own', 'other'], { concurrency: 2 })
  own(): void {}

  // Without the decorator it is a route no longer, as for @Get().
  override hidden(): void {}

  @WebSocket('overridden/anew')
  override overridden(): void {}

  @Get('http')
  get(): void {}
}

function pathsOf(routes: readonly RouteDefinition[]): Record<string, string[]> {
  return Object.fromEntries(
    routes.map(({ where, paths }) => [where, paths.map(({ path }) => path)]),
  );
}

describe('RouteExplorer', () => {
  it('finds own and inherited methods, and the HTTP routes not', async () => {
    expect(pathsOf(await explore({ controllers: [ChildController] }))).toEqual({
      'ChildController.own()': ['/child/own', '/child/other'],
      'ChildController.overridden()': ['/child/overridden/anew'],
      'ChildController.inherited()': ['/child/inherited'],
    });
  });

  it('finds the controllers of all modules, each with its module', async () => {
    @Module({ controllers: [ChildController] })
    class InnerModule {}
    @Module({ imports: [InnerModule] })
    class OuterModule {}
    const routes = await explore({ imports: [OuterModule] });
    expect(new Set(routes.map(({ module }) => module.metatype))).toEqual(new Set([InnerModule]));
  });

  it('completes the options of a route by those of the module', async () => {
    const routes = await explore({ controllers: [ChildController] });
    const own = routes.find(({ methodName }) => methodName === 'own');
    expect(own?.options).toMatchObject({ concurrency: 2, errors: 'reply', mode: 'twoWay' });
  });

  it('does not run getters, nor create anything', async () => {
    let reads = 0;
    @Controller('lazy')
    class LazyController {
      get expensive(): string {
        reads += 1;
        return 'read';
      }

      @WebSocket('a')
      handle(): void {}
    }
    expect(await explore({ controllers: [LazyController] })).toHaveLength(1);
    expect(reads).toBe(0);
  });

  it('refuses a provider with a route, and names both', async () => {
    @Injectable()
    class ChatService extends BaseController {}
    await expect(explore({ providers: [ChatService] })).rejects.toThrow(
      WebSocketOutsideControllerException,
    );
    await expect(explore({ providers: [ChatService] })).rejects.toThrow('ChatService.inherited()');
  });

  it('leaves alone a class that is a controller and a provider of its module', async () => {
    expect(
      await explore({ controllers: [ChildController], providers: [ChildController] }),
    ).toHaveLength(3);
  });

  it('leaves alone providers that are values or made by factories', async () => {
    const providers = [
      { provide: 'value', useValue: new ChildController() },
      { provide: 'factory', useFactory: () => new ChildController() },
    ];
    expect(await explore({ providers })).toEqual([]);
  });

  it('refuses a bad option, and names the route', async () => {
    @Controller('bad')
    class BadController {
      @WebSocket('a', { concurrency: 0 })
      handle(): void {}
    }
    await expect(explore({ controllers: [BadController] })).rejects.toThrow(
      InvalidWebSocketOptionException,
    );
    await expect(explore({ controllers: [BadController] })).rejects.toThrow(
      'BadController.handle(): the option "concurrency" is 0.',
    );
  });
});
