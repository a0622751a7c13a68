import {
  Injectable,
  UnauthorizedException,
  type CanActivate,
  type ExecutionContext,
} from '@nestjs/common';
import { AuthGuard } from '@nestjs/passport';
import type { Request } from 'express';

import { bearerToken } from './bearer-token.js';
import { SignIns } from './sign-ins.js';

/** Guards HTTP and WebSocket routes: accepts a session cookie or a token, or answers 401. */
@Injectable()
export class SignedInGuard extends AuthGuard('jwt') {
  constructor(private readonly signIns: SignIns) {
    super();
  }

  /** A browser sends its cookie unasked, so a token takes precedence. */
  override canActivate(context: ExecutionContext): ReturnType<CanActivate['canActivate']> {
    const request = context.switchToHttp().getRequest<Request>();
    if (bearerToken(request) !== null) return super.canActivate(context);
    const signIn = this.signIns.find(request.session.signInId);
    if (!signIn) throw new UnauthorizedException('Sign in first');
    request.user = { ...signIn, by: 'session cookie' };
    return true;
  }

  override handleRequest<TUser>(error: Error | null, user: TUser | false): TUser {
    if (error) throw error;
    if (!user) throw new UnauthorizedException('The token is invalid, or its time is over');
    return user;
  }
}
