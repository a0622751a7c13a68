import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { Request } from 'express';

import type { SignIn } from './sign-ins.js';

/** Who sent a request, and how they proved it. */
export interface Identity extends SignIn {
  readonly by: 'session cookie' | 'token';
  /** The end of the sign-in or of the token, whichever comes first. */
  readonly expiresAt: number;
}

/** What a guard found out. It is the same for an HTTP request and for each message of a connection. */
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
