import {
  ForbiddenException,
  Injectable,
  type CanActivate,
  type ExecutionContext,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { Request } from 'express';

import type { Role } from './users.js';

/** Who may use a route: `@Roles(['admin'])`. */
export const Roles = Reflector.createDecorator<Role[]>();

/** Runs after {@link SignedInGuard}, which identifies the user. Answers 403. */
@Injectable()
export class RolesGuard implements CanActivate {
  constructor(private readonly reflector: Reflector) {}

  canActivate(context: ExecutionContext): boolean {
    const needed = this.reflector.getAllAndOverride(Roles, [
      context.getHandler(),
      context.getClass(),
    ]);
    const roles = context.switchToHttp().getRequest<Request>().user?.roles ?? [];
    if (needed.some((role) => roles.includes(role))) return true;
    throw new ForbiddenException(`Only for the role ${needed.join(' or ')}`);
  }
}
