// The same for our routes and for Nest's gateways.
import * as nest from '@nestjs/common';
import {
  Body,
  Injectable,
  type CallHandler,
  type CanActivate,
  type ExecutionContext,
  type NestInterceptor,
  type PipeTransform,
} from '@nestjs/common';
import { IsString } from 'class-validator';
import { map, type Observable } from 'rxjs';
import type { IncomingMessage } from 'node:http';
import { z } from 'zod';
import { hasSession } from './sessions.js';
import { isSigned } from './tokens.js';

@Injectable()
export class AllowGuard implements CanActivate {
  canActivate(): boolean {
    return true;
  }
}

@Injectable()
export class JwtGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    return isSigned(context.switchToHttp().getRequest<IncomingMessage>());
  }
}

@Injectable()
export class SessionGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    return hasSession(context.switchToHttp().getRequest<object>());
  }
}

@Injectable()
export class SameInterceptor implements NestInterceptor {
  intercept(_context: ExecutionContext, next: CallHandler<unknown>): Observable<unknown> {
    return next.handle().pipe(map((value) => value));
  }
}

@Injectable()
export class SamePipe implements PipeTransform<unknown, unknown> {
  transform(value: unknown): unknown {
    return value;
  }
}

const echoed = z.object({ message: z.string() });

@Injectable()
export class ZodPipe implements PipeTransform<unknown, z.infer<typeof echoed>> {
  transform(value: unknown): z.infer<typeof echoed> {
    return echoed.parse(value);
  }
}

/** For Nest 12: `@Body({ schema })` with Nest's own pipe. Nest 11 has neither, and gets the pipe above. */
export function SchemaBody(): ParameterDecorator {
  const NestPipe: unknown = Reflect.get(nest, 'StandardSchemaValidationPipe');
  const decorator: unknown =
    typeof NestPipe === 'function'
      ? Reflect.apply(Body, undefined, [
          { schema: echoed, pipes: [Reflect.construct(NestPipe, [])] },
        ])
      : Body(ZodPipe);
  if (!isParameterDecorator(decorator)) throw new TypeError('@Body() is no decorator');
  return decorator;
}

function isParameterDecorator(value: unknown): value is ParameterDecorator {
  return typeof value === 'function';
}

export class EchoDto {
  @IsString()
  message!: string;
}
