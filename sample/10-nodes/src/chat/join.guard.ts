import {
  BadRequestException,
  Injectable,
  type CanActivate,
  type ExecutionContext,
} from '@nestjs/common';
import { isUUID } from 'class-validator';
import type { Request } from 'express';

const NAME = /^[\p{L}\p{N}][\p{L}\p{M}\p{N} .'_-]{0,23}$/u;
const ROOM = /^[a-z0-9-]{1,32}$/;

/** Runs at each handshake, including those that resume. */
@Injectable()
export class JoinGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const { params, query } = context.switchToHttp().getRequest<Request>();
    if (!matches(NAME, query.name))
      throw new BadRequestException('A name has 1 to 24 letters, digits or spaces');
    if (!matches(ROOM, params.room))
      throw new BadRequestException("A room's name has 1 to 32 of a-z, 0-9 and -");
    if (!isUUID(query.page)) throw new BadRequestException('A page has a UUID');
    return true;
  }
}

function matches(pattern: RegExp, value: unknown): boolean {
  return typeof value === 'string' && pattern.test(value);
}
