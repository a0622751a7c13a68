import {
  Catch,
  createParamDecorator,
  Injectable,
  Scope,
  type ArgumentsHost,
  type CallHandler,
  type CanActivate,
  type ExceptionFilter,
  type ExecutionContext,
  type NestInterceptor,
  type PipeTransform,
} from '@nestjs/common';
import type { MessageCodec, WebSocketObserver } from 'nestjs-revali-ws';
import { concatMap, defer, finalize, from, type Observable } from 'rxjs';

import { plan, through } from './fault-plan.js';

@Injectable({ scope: Scope.REQUEST })
export class Scoped {
  constructor() {
    void plan.at('constructor of a dependency');
  }
}

export class Guard implements CanActivate {
  async canActivate(context: ExecutionContext): Promise<boolean> {
    await plan.at(`guard (${context.getType()})`);
    return true;
  }
}

export class SyncGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    if (!plan.isArmedAt(`bare guard (${context.getType()})`)) return true;
    void plan.at(`bare guard (${context.getType()})`);
    return true;
  }
}

@Injectable({ scope: Scope.REQUEST })
export class ScopedGuard implements CanActivate {
  constructor() {
    void plan.at('constructor of a guard');
  }

  canActivate(): boolean {
    return true;
  }
}

export class Interceptor implements NestInterceptor {
  intercept(_context: ExecutionContext, next: CallHandler): Observable<unknown> {
    return defer(() => from(Promise.resolve(plan.at('interceptor, deferred'))))
      .pipe(concatMap(() => next.handle()))
      .pipe(through('interceptor after'));
  }
}

export class FinalInterceptor implements NestInterceptor {
  intercept(_context: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle().pipe(finalize(() => void plan.at('interceptor, finally')));
  }
}

export class EarlyInterceptor implements NestInterceptor {
  intercept(
    _context: ExecutionContext,
    next: CallHandler,
  ): Observable<unknown> | Promise<Observable<unknown>> {
    const pending = plan.at('interceptor before');
    return pending ? pending.then(() => next.handle()) : next.handle();
  }
}

export class Pipe implements PipeTransform {
  constructor(private readonly place: string) {}

  transform(value: unknown): unknown {
    const pending = plan.at(this.place);
    return pending ? pending.then(() => value) : value;
  }
}

@Catch()
export class Filter implements ExceptionFilter {
  catch(exception: unknown, host: ArgumentsHost): unknown {
    const pending = plan.at(`filter (${host.getType()})`);
    if (pending) return pending;
    throw exception;
  }
}

export const Decorated = createParamDecorator((): unknown => plan.at('parameter decorator'));

export class Observer implements WebSocketObserver {
  onOpen(): void | Promise<void> {
    return plan.at('observer onOpen');
  }

  onClose(): void | Promise<void> {
    return plan.at('observer onClose');
  }
}

@Injectable({ scope: Scope.REQUEST })
export class ScopedObserver implements WebSocketObserver {
  constructor() {
    void plan.at('constructor of an observer');
  }

  onOpen(): void {}
}

export const codec: MessageCodec = {
  decode: (data) => {
    void plan.at('codec decode');
    return data.toString();
  },
  encode: (value) => {
    void plan.at('codec encode');
    return String(value);
  },
};

export class NobodyGuard implements CanActivate {
  canActivate(): boolean {
    return false;
  }
}

type Step = (request: unknown, response: unknown, next: () => void) => unknown;

/** Middleware. */
export const failingAt =
  (place: string): Step =>
  (_request, _response, next) => {
    const pending = plan.at(place);
    return pending ? pending.then(next) : next();
  };
