import { ContextIdFactory, type ContextId } from '@nestjs/core';
import { STATIC_CONTEXT } from '@nestjs/core/injector/constants.js';
import type { NestContainer } from '@nestjs/core/injector/container.js';
import { Injector } from '@nestjs/core/injector/injector.js';
import type { InstanceWrapper } from '@nestjs/core/injector/instance-wrapper.js';
import type { Module } from '@nestjs/core/injector/module.js';
import { REQUEST_CONTEXT_ID } from '@nestjs/core/router/request/request-constants.js';

/** A controller's instance and the context that its enhancers belong to. */
export interface ScopedController {
  readonly instance: object;
  readonly contextId: ContextId;
}

/** Returns the controller instance for one handshake: the only one, or a new one if it is request-scoped. */
export class ControllerScope {
  private readonly injector = new Injector();

  constructor(private readonly container: NestContainer) {}

  /** `undefined` if the controller, an enhancer, or anything that they inject is request-scoped. */
  static(wrapper: InstanceWrapper<object>): ScopedController | undefined {
    return wrapper.isDependencyTreeStatic()
      ? { instance: wrapper.instance, contextId: STATIC_CONTEXT }
      : undefined;
  }

  /** Shares the request's context with middleware that resolved something in it earlier. */
  async forRequest(
    wrapper: InstanceWrapper<object>,
    module: Module,
    request: object,
  ): Promise<ScopedController> {
    const contextId = this.contextOf(request, wrapper.isDependencyTreeDurable());
    const instance = await this.injector.loadPerContext(
      wrapper.instance,
      module,
      module.controllers,
      contextId,
      wrapper,
    );
    return { instance, contextId };
  }

  /** Works like Nest's router for HTTP requests, including durable trees. */
  contextOf(request: object, isTreeDurable = false): ContextId {
    const contextId = ContextIdFactory.getByRequest(request);
    if (!Reflect.has(request, REQUEST_CONTEXT_ID)) {
      Object.defineProperty(request, REQUEST_CONTEXT_ID, {
        value: contextId,
        enumerable: false,
        writable: false,
        configurable: false,
      });
      const payload: unknown = contextId.payload;
      this.container.registerRequestProvider(
        isTreeDurable ? payload : Object.assign(request, payload),
        contextId,
      );
    }
    return contextId;
  }
}
