import {
  BadRequestException,
  Injectable,
  type CanActivate,
  type ExecutionContext,
} from '@nestjs/common';
import type { Request } from 'express';

const NAME = /^[\p{L}\p{N}](?:[\p{L}\p{M}\p{N} .'_-]{0,22}[\p{L}\p{M}\p{N}.])?$/u;
const ROOM = /^[a-z0-9-]{1,32}$/;

/**
 * The name is in the query instead of a first message, so the guard can check it before the connection opens.
 * Nobody is ever connected without a name.
 */
@Injectable()
export class JoinGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const { params, query } = context.switchToHttp().getRequest<Request>();
    if (!matches(NAME, query.name)) {
      throw new BadRequestException('A name has 1 to 24 letters, digits or spaces');
    }
    if (!matches(ROOM, params.room)) {
      throw new BadRequestException("A room's name has 1 to 32 of a-z, 0-9 and -");
    }
    return true;
  }
}

function matches(pattern: RegExp, value: unknown): boolean {
  return typeof value === 'string' && pattern.test(value);
}
