// The same for our routes and for Nest's gateways.
import {
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

export class EchoDto {
  @IsString()
  message!: string;
}
