import {
  ForbiddenException,
  type CanActivate,
  type HttpServer,
  type NestInterceptor,
  type PipeTransform,
} from '@nestjs/common';
import { EXCEPTION_FILTERS_METADATA } from '@nestjs/common/constants.js';
import type { ApplicationConfig } from '@nestjs/core';
import type { ContextId } from '@nestjs/core';
import { GuardsConsumer } from '@nestjs/core/guards/guards-consumer.js';
import { GuardsContextCreator } from '@nestjs/core/guards/guards-context-creator.js';
import { STATIC_CONTEXT } from '@nestjs/core/injector/constants.js';
import type { NestContainer } from '@nestjs/core/injector/container.js';
import { InterceptorsContextCreator } from '@nestjs/core/interceptors/interceptors-context-creator.js';
import { PipesContextCreator } from '@nestjs/core/pipes/pipes-context-creator.js';
import { RouterExceptionFilters } from '@nestjs/core/router/router-exception-filters.js';
import type { MessageFilter } from './exception.filter.js';
import type { HandlerArgs } from './handshake.exceptions.js';
import type { PipeReference } from './param.metadata.js';

/** A handler and the guards in front of it. */
export type GuardedHandler = Pick<EnhancerTarget, 'instance' | 'callback'> & {
  readonly guards: CanActivate[];
};

/** A handler together with the module and the context in which its enhancers are looked up. */
export interface EnhancerTarget {
  readonly instance: object;
  readonly callback: (...args: unknown[]) => unknown;
  /** The wrapper's own module: enhancers of a controller are injectables of that module. */
  readonly moduleKey: string;
  readonly contextId: ContextId;
  readonly inquirerId: string;
}

/**
 * Collects enhancers exactly as Nest's router does: global, controller, method; classes are resolved in the
 * controller's module. Do not use `ExternalContextCreator` instead: it looks up hosts only among providers, and so
 * silently skips the class guards of controllers.
 */
export class Enhancers {
  private readonly guardsConsumer = new GuardsConsumer();
  private readonly guardsCreator: GuardsContextCreator;
  private readonly methodGuardsCreator: GuardsContextCreator;
  private readonly interceptorsCreator: InterceptorsContextCreator;
  private readonly pipesCreator: PipesContextCreator;
  private readonly filters: MessageFilters;

  constructor(container: NestContainer, config: ApplicationConfig, httpAdapter: HttpServer) {
    this.guardsCreator = new GuardsContextCreator(container, config);
    // Without the configuration, it knows no global ones.
    this.methodGuardsCreator = new GuardsContextCreator(container);
    this.interceptorsCreator = new InterceptorsContextCreator(container, config);
    this.pipesCreator = new PipesContextCreator(container, config);
    this.filters = new MessageFilters(container, config, httpAdapter);
  }

  /** Runs the guards, as for an HTTP route. @throws ForbiddenException, or what a guard throws. */
  async pass({ guards, instance, callback }: GuardedHandler, args: HandlerArgs): Promise<void> {
    const { guardsConsumer } = this;
    if (!(await guardsConsumer.tryActivate(guards, args, instance, callback, 'http')))
      throw new ForbiddenException('Forbidden resource');
  }

  guards({ instance, callback, moduleKey, contextId, inquirerId }: EnhancerTarget): CanActivate[] {
    return this.guardsCreator.create(instance, callback, moduleKey, contextId, inquirerId);
  }

  /** Guards of the method alone. */
  methodGuards({ callback, moduleKey, contextId, inquirerId }: EnhancerTarget): CanActivate[] {
    return this.methodGuardsCreator.create({}, callback, moduleKey, contextId, inquirerId);
  }

  interceptors({
    instance,
    callback,
    moduleKey,
    contextId,
    inquirerId,
  }: EnhancerTarget): NestInterceptor[] {
    return this.interceptorsCreator.create(instance, callback, moduleKey, contextId, inquirerId);
  }

  pipes({ instance, callback, moduleKey, contextId, inquirerId }: EnhancerTarget): PipeTransform[] {
    return this.pipesCreator.create(instance, callback, moduleKey, contextId, inquirerId);
  }

  /** Instances of the pipes that one parameter lists. */
  paramPipes(references: readonly PipeReference[], target: EnhancerTarget): PipeTransform[] {
    this.pipesCreator.setModuleContext(target.moduleKey);
    return this.pipesCreator.createConcreteContext(
      [...references],
      target.contextId,
      target.inquirerId,
    );
  }

  /** Only the global filters, as in Nest's last exception layer. */
  globalFilters(): MessageFilter[] {
    return this.filters.list({
      instance: {},
      callback: () => undefined,
      moduleKey: '',
      contextId: STATIC_CONTEXT,
      inquirerId: '',
    });
  }

  /** Method, controller, global, in the order in which they are asked. */
  messageFilters(target: EnhancerTarget): MessageFilter[] {
    return this.filters.list(target);
  }
}

class MessageFilters extends RouterExceptionFilters {
  list({ instance, callback, moduleKey, contextId, inquirerId }: EnhancerTarget): MessageFilter[] {
    this.moduleContext = moduleKey;
    const filters: MessageFilter[] = this.createContext(
      instance,
      callback,
      EXCEPTION_FILTERS_METADATA,
      contextId,
      inquirerId,
    );
    return filters.toReversed();
  }
}
