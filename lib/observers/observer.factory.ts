import type { Type } from '@nestjs/common';
import { ModuleRef, type ContextId } from '@nestjs/core';
import { isClass } from '../nest/class.reference.js';
import { getClassScope, Injector, InstanceWrapper, type Module } from '../nest/internals.js';
import { bareInstanceOf } from '../nest/prototype.js';
import type { ObserverSource } from './observer.notifier.js';
import type { ObserverReference } from './web-socket.observer.js';
import type { WebSocketObserver } from './web-socket.observer.js';

/** Returns the observer for one upgrade. */
export type ObserverProvider = (contextOf: () => ContextId) => ObserverSource;

/**
 * Creates observers: an instance is used as is; a class is taken from the module if it is a provider there, or
 * instantiated there with its dependencies. A request-scoped class gets an instance for each upgrade.
 */
export class ObserverFactory {
  private readonly injector = new Injector();
  private readonly created = new Map<Module, Map<ObserverReference, Promise<ObserverProvider>>>();

  provide(reference: ObserverReference, module: Module): Promise<ObserverProvider> {
    const ofModule =
      this.created.get(module) ?? new Map<ObserverReference, Promise<ObserverProvider>>();
    this.created.set(module, ofModule);
    const provider = ofModule.get(reference) ?? this.create(reference, module);
    ofModule.set(reference, provider);
    return provider;
  }

  private async create(reference: ObserverReference, module: Module): Promise<ObserverProvider> {
    if (!isClass(reference)) return () => reference;
    const moduleRef = moduleRefOf(module);
    const wrapper = module.providers.get(reference);
    if (wrapper && !wrapper.isDependencyTreeStatic()) {
      return (contextOf) => moduleRef.resolve(reference, contextOf(), { strict: true });
    }
    if (wrapper) {
      const provided = moduleRef.get<WebSocketObserver>(reference, { strict: true });
      return () => provided;
    }
    return this.createUnlisted(reference, module);
  }

  /** Whether an unlisted class is request-scoped depends on its dependencies, once Nest has resolved them. */
  private async createUnlisted(
    reference: Type<WebSocketObserver>,
    module: Module,
  ): Promise<ObserverProvider> {
    const wrapper = new InstanceWrapper<WebSocketObserver>({
      token: reference,
      name: reference.name,
      metatype: reference,
      instance: bareInstanceOf(reference),
      isResolved: false,
      scope: getClassScope(reference),
      host: module,
    });
    const alone = new Map([[reference, wrapper]]);
    await this.injector.loadInstance(wrapper, alone, module);
    if (wrapper.isDependencyTreeStatic()) {
      const observer = wrapper.instance;
      return () => observer;
    }
    return (contextOf) =>
      this.injector.loadPerContext(wrapper.instance, module, alone, contextOf(), wrapper);
  }
}

function moduleRefOf(module: Module): ModuleRef {
  const instance: unknown = module.providers.get(ModuleRef)?.instance;
  if (!(instance instanceof ModuleRef))
    throw new TypeError(`The module ${module.name} has no ModuleRef`);
  return instance;
}
