import {
  Catch,
  ConflictException,
  ForbiddenException,
  HttpException,
  Injectable,
  Scope,
  type ArgumentMetadata,
  type ArgumentsHost,
  type CallHandler,
  type CanActivate,
  type ExceptionFilter,
  type ExecutionContext,
  type NestInterceptor,
  type PipeTransform,
  type Type,
} from '@nestjs/common';
import { catchError, tap, type Observable } from 'rxjs';

import type { Probe } from './probe.js';
import type { FilterShape, PartShape } from './shape.js';

/** A class, and whether Nest makes the instance. */
export interface Part<T> {
  readonly shape: PartShape;
  readonly type: Type<T>;
  /** What is given to a decorator. */
  readonly reference: T | Type<T>;
}

type Next = (error?: unknown) => void;

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Makes the parts of an application, each of which tells the probe that it was met. */
export class PartFactory {
  constructor(private readonly probe: Probe) {}

  guard(shape: PartShape): Part<CanActivate> {
    const { probe } = this;
    const tellMade = (): void => this.tellMade(shape);
    const { name, isAsync } = shape;
    const judge = (): boolean => {
      probe.pass(name);
      return !probe.isRefusedBy(name);
    };
    class TwinGuard implements CanActivate {
      constructor() {
        tellMade();
      }

      canActivate(context: ExecutionContext): boolean | Promise<boolean> {
        probe.meet(`${name} for ${context.getClass().name}.${context.getHandler().name}`);
        return isAsync ? turn().then(judge) : judge();
      }
    }
    return this.part(shape, TwinGuard);
  }

  interceptor(shape: PartShape): Part<NestInterceptor> {
    const { probe } = this;
    const tellMade = (): void => this.tellMade(shape);
    const { name, isAsync } = shape;
    const handle = (next: CallHandler): Observable<unknown> => {
      probe.pass(name);
      return next.handle().pipe(
        tap(() => probe.meet(`${name} after`)),
        catchError((error: unknown) => {
          probe.meet(`${name} sees an error`);
          throw error;
        }),
      );
    };
    class TwinInterceptor implements NestInterceptor {
      constructor() {
        tellMade();
      }

      intercept(
        context: ExecutionContext,
        next: CallHandler,
      ): Observable<unknown> | Promise<Observable<unknown>> {
        probe.meet(`${name} for ${context.getClass().name}.${context.getHandler().name}`);
        return isAsync ? turn().then(() => handle(next)) : handle(next);
      }
    }
    return this.part(shape, TwinInterceptor);
  }

  pipe(shape: PartShape): Part<PipeTransform> {
    const { probe } = this;
    const tellMade = (): void => this.tellMade(shape);
    const { name, isAsync } = shape;
    const change = (value: unknown): unknown => {
      probe.pass(name);
      return typeof value === 'string' ? `${value} ${name}` : value;
    };
    class TwinPipe implements PipeTransform {
      constructor() {
        tellMade();
      }

      transform(value: unknown, { type, data }: ArgumentMetadata): unknown {
        probe.meet(`${name} for ${type} ${String(data)}`);
        return isAsync ? turn().then(() => change(value)) : change(value);
      }
    }
    return this.part(shape, TwinPipe);
  }

  filter(shape: FilterShape): Part<ExceptionFilter> {
    const { probe } = this;
    const tellMade = (): void => this.tellMade(shape);
    const { name, catches, isThrowing } = shape;
    class TwinFilter implements ExceptionFilter {
      constructor() {
        tellMade();
      }

      catch(exception: unknown, host: ArgumentsHost): unknown {
        const { message } = exception instanceof Error ? exception : new Error('no error');
        probe.meet(`${name} catches ${message}`);
        if (isThrowing) throw new ConflictException(`${name} throws`);
        const body = { filtered: name, message };
        if (host.getType<string>() === 'ws') return body;
        answer(host.switchToHttp().getResponse<object>(), body);
        return undefined;
      }
    }
    const caught = {
      everything: [],
      HttpException: [HttpException],
      ForbiddenException: [ForbiddenException],
    }[catches];
    Catch(...caught)(TwinFilter);
    return this.part(shape, TwinFilter);
  }

  /** As a function, or as a class that Nest makes. */
  middleware(shape: PartShape): Type<unknown> | ((...values: [unknown, unknown, Next]) => void) {
    const { probe } = this;
    const tellMade = (): void => this.tellMade(shape);
    const { name, isAsync } = shape;
    const use = (next: Next): void => {
      probe.meet(name);
      const pass = (): void => {
        try {
          probe.pass(name);
        } catch (error) {
          return next(error);
        }
        next();
      };
      if (isAsync) setImmediate(pass);
      else pass();
    };
    if (shape.form === 'instance') return (_request, _response, next) => use(next);
    class TwinMiddleware {
      constructor() {
        tellMade();
      }

      use(_request: unknown, _response: unknown, next: Next): void {
        use(next);
      }
    }
    return this.part(shape, TwinMiddleware).type;
  }

  private part<T>(shape: PartShape, type: Type<T>): Part<T> {
    const { name, form } = shape;
    Injectable({ scope: form === 'scoped' ? Scope.REQUEST : Scope.DEFAULT })(type);
    Object.defineProperty(type, 'name', { value: name });
    return { shape, type, reference: form === 'instance' ? new type() : type };
  }

  /** Of what Nest makes for each request it tells when it is made. */
  private tellMade({ name, form }: PartShape): void {
    if (form === 'scoped') this.probe.meet(`${name} is made`);
  }
}

function answer(response: object, body: object): void {
  const status: unknown = Reflect.get(response, 'status');
  if (typeof status !== 'function') throw new Error('no response');
  Reflect.apply(status, response, [418]);
  const send: unknown = Reflect.get(response, 'json') ?? Reflect.get(response, 'send');
  if (typeof send === 'function') Reflect.apply(send, response, [body]);
}
