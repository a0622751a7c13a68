import { Inject, Injectable, Module, Scope, type Type } from '@nestjs/common';
import { ContextIdFactory, ModulesContainer, REQUEST, type ContextId } from '@nestjs/core';
import type { Module as ModuleOfNest } from '@nestjs/core/injector/module.js';
import { Test } from '@nestjs/testing';
import { ObserverFactory } from '../../../lib/observers/observer.factory.js';
import type { WebSocketObserver } from '../../../lib/observers/web-socket.observer.js';

@Injectable()
class Dependency {}

@Injectable({ scope: Scope.REQUEST })
class ScopedDependency {}

class Observer implements WebSocketObserver {
  onOpen(): void {}
}

@Injectable()
class Static extends Observer {
  constructor(readonly dependency: Dependency) {
    super();
  }
}

@Injectable({ scope: Scope.REQUEST })
class Scoped extends Observer {
  constructor(readonly dependency: Dependency) {
    super();
  }
}

/** Request-scoped by what it injects. */
@Injectable()
class ScopedByDependency extends Observer {
  constructor(readonly dependency: ScopedDependency) {
    super();
  }
}

@Injectable()
class ScopedByRequest extends Observer {
  constructor(@Inject(REQUEST) readonly dependency: object) {
    super();
  }
}

@Injectable()
class ScopedByProperty extends Observer {
  @Inject(ScopedDependency)
  readonly dependency!: ScopedDependency;
}

@Injectable()
class Broken extends Observer {
  constructor(readonly dependency: ModulesContainer['constructor']) {
    super();
  }
}

async function moduleWith(...listed: Type<unknown>[]): Promise<ModuleOfNest> {
  @Module({ providers: [Dependency, ScopedDependency, ...listed] })
  class Host {}

  const app = await Test.createTestingModule({ imports: [Host] }).compile();
  const host = [...app.get(ModulesContainer).values()].find(({ metatype }) => metatype === Host);
  if (!host) throw new Error('the module is not there');
  return host;
}

const anyContext = (): ContextId => ContextIdFactory.create();

describe('ObserverFactory', () => {
  it('uses an instance as it is', async () => {
    const observer = { onOpen: () => undefined };
    const provide = await new ObserverFactory().provide(observer, await moduleWith());
    expect(await provide(anyContext)).toBe(observer);
  });

  it('takes a class from the module that provides it', async () => {
    const host = await moduleWith(Static);
    const provide = await new ObserverFactory().provide(Static, host);
    expect(await provide(anyContext)).toBe(host.providers.get(Static)?.instance);
  });

  it('makes one instance of a class that the module does not list, with its dependencies', async () => {
    const host = await moduleWith();
    const provide = await new ObserverFactory().provide(Static, host);
    const observer = await provide(anyContext);
    expect(observer).toBeInstanceOf(Static);
    expect(observer).toHaveProperty('dependency', host.providers.get(Dependency)?.instance);
    expect(await provide(anyContext)).toBe(observer);
  });

  it('makes a class once for each module, however often it is named', async () => {
    const factory = new ObserverFactory();
    const [first, second] = [await moduleWith(), await moduleWith()];
    expect(await factory.provide(Static, first)).toBe(await factory.provide(Static, first));
    expect(await factory.provide(Static, first)).not.toBe(await factory.provide(Static, second));
  });

  describe.each([
    ['listed', true],
    ['not listed', false],
  ])('that is request-scoped and %s', (_how, isListed) => {
    it.each<[string, Type<WebSocketObserver>]>([
      ['itself', Scoped],
      ['by a dependency', ScopedByDependency],
      ['by the request', ScopedByRequest],
      ['by a property', ScopedByProperty],
    ])('makes one instance for each context: %s', async (_why, type) => {
      const host = await moduleWith(...(isListed ? [type] : []));
      const provide = await new ObserverFactory().provide(type, host);
      const context = ContextIdFactory.create();
      const observer = await provide(() => context);
      expect(observer).toBeInstanceOf(type);
      expect(await provide(() => context)).toBe(observer);
      expect(await provide(anyContext)).not.toBe(observer);
    });
  });

  it('rejects where a dependency is missing', async () => {
    const broken = new ObserverFactory().provide(Broken, await moduleWith());
    await expect(broken).rejects.toThrow("Nest can't resolve dependencies of the Broken");
  });
});
