import type { Type } from '@nestjs/common';
import { MetadataScanner, type ModulesContainer } from '@nestjs/core';
import { WebSocketOutsideControllerException } from '../errors/revali-ws.exceptions.js';
import { isInstantiable, isMethod } from '../nest/class.reference.js';
import type { InstanceWrapper, Module } from '../nest/internals.js';
import type { RoutePaths } from '../nest/route.paths.js';
import {
  resolveRouteOptions,
  type ResolvedModuleOptions,
} from '../options/revali-ws.options.resolver.js';
import { joinsOf } from './join.metadata.js';
import { messageRouteOf, refuseMessageMethods, type Handler } from './message.route.js';
import { refuseMisplaced } from './misplaced.decorators.js';
import { RouteMetadataAccessor } from './route-metadata.accessor.js';
import type { RouteDefinition } from './route.definition.js';
import { routeRoomsOf } from './route.rooms.js';

/** Finds the WebSocket routes of all controllers, inherited methods included. */
export class RouteExplorer {
  private readonly scanner = new MetadataScanner();

  constructor(
    private readonly modules: ModulesContainer,
    private readonly paths: RoutePaths,
    private readonly options: ResolvedModuleOptions,
  ) {}

  /**
   * @throws WebSocketOutsideControllerException
   * @throws MessageOutsideControllerException
   * @throws MisplacedDecoratorException
   * @throws DuplicateMessageHandlerException
   * @throws InvalidWebSocketOptionException
   */
  explore(): RouteDefinition[] {
    const modules = [...this.modules.values()];
    for (const module of modules) this.refuseProviders(module);
    return modules.flatMap((module) =>
      [...module.controllers.values()].flatMap((wrapper) =>
        this.exploreController(wrapper, module),
      ),
    );
  }

  private exploreController(wrapper: InstanceWrapper<object>, module: Module): RouteDefinition[] {
    const { metatype } = wrapper;
    if (!isInstantiable(metatype)) return [];
    const handlers = this.handlersOf(metatype);
    const routes = handlers.flatMap(({ methodName, method }) =>
      RouteMetadataAccessor.routesOf(method).map((route) => {
        const joins = [...joinsOf(metatype), ...joinsOf(method)];
        const location = { controller: metatype.name, method: methodName };
        const paths = RouteMetadataAccessor.methodPathsOf(route);
        const where = `${metatype.name}.${methodName}()`;
        return {
          location,
          where,
          controller: metatype,
          wrapper,
          module,
          methodName,
          method,
          paths: this.paths.served(metatype, method, module, paths),
          hosts: this.paths.hosts(metatype),
          options: resolveRouteOptions(where, route.options, this.options),
          observers: [
            ...RouteMetadataAccessor.observersOf(metatype),
            ...RouteMetadataAccessor.observersOf(method),
          ],
          joins,
          rooms: routeRoomsOf(joins),
        };
      }),
    );
    const messageRoute = this.exploreMessages(metatype, handlers, wrapper, module);
    return messageRoute ? [messageRoute, ...routes] : routes;
  }

  private exploreMessages(
    metatype: Type<unknown>,
    handlers: readonly Handler[],
    wrapper: InstanceWrapper<object>,
    module: Module,
  ): RouteDefinition | undefined {
    const metadata = RouteMetadataAccessor.messageControllerOf(metatype);
    if (!metadata) {
      refuseMessageMethods(metatype, handlers);
      return undefined;
    }
    refuseMisplaced(metatype, handlers);
    const joins = joinsOf(metatype);
    // The handler that handshake contexts show: only the class has guards for handshakes.
    const handshake = (): undefined => undefined;
    return {
      ...messageRouteOf(metatype, metadata, handlers, this.options),
      controller: metatype,
      wrapper,
      module,
      method: handshake,
      paths: this.paths.served(metatype, handshake, module, ['/']),
      hosts: this.paths.hosts(metatype),
      observers: RouteMetadataAccessor.observersOf(metatype),
      joins,
      rooms: routeRoomsOf(joins),
    };
  }

  /** Nest does not route to providers, so their handlers would never get a client. */
  private refuseProviders(module: Module): void {
    for (const { metatype, isNotMetatype } of module.providers.values()) {
      if (isNotMetatype || !isInstantiable(metatype) || module.controllers.has(metatype)) continue;
      const handlers = this.handlersOf(metatype);
      refuseMessageMethods(metatype, handlers);
      const handler = handlers.find(
        ({ method }) => RouteMetadataAccessor.routesOf(method).length > 0,
      );
      if (!handler) continue;
      throw new WebSocketOutsideControllerException({
        controller: metatype.name,
        method: handler.methodName,
      });
    }
  }

  private handlersOf(metatype: Type<unknown>): Handler[] {
    const prototype: unknown = metatype.prototype;
    if (typeof prototype !== 'object' || prototype === null) return [];
    return this.scanner.getAllMethodNames(prototype).flatMap((methodName) => {
      const method: unknown = Reflect.get(prototype, methodName);
      return isMethod(method) ? [{ methodName, method }] : [];
    });
  }
}
