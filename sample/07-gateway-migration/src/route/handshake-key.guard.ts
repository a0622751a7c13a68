import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import type { Request } from 'express';

import { KEY } from '../board.service.js';

/** An ordinary HTTP guard. On a route, it runs once, and clients that it refuses never connect. */
@Injectable()
export class HandshakeKeyGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    return context.switchToHttp().getRequest<Request>().query['key'] === KEY;
  }
}
