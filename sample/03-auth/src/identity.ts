import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { Request } from 'express';

import type { SignIn } from './sign-ins.js';

/** Who sends a request, and what proved it. */
export interface Identity extends SignIn {
  readonly by: 'session cookie' | 'token';
  /** The end of the sign-in, or that of the token where it comes first. */
  readonly expiresAt: number;
}

/** What a guard found out: the same for an HTTP request and for each message of a connection. */
export const CurrentIdentity = createParamDecorator(
  (_data: unknown, context: ExecutionContext) => context.switchToHttp().getRequest<Request>().user,
);

declare global {
  namespace Express {
    /** The type of `request.user`. */
    interface User extends Identity {}
  }
}

declare module 'express-session' {
  interface SessionData {
    signInId: string;
  }
}
