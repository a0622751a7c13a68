import { Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import { Strategy } from 'passport-jwt';

import { bearerToken } from './bearer-token.js';
import type { Identity } from './identity.js';
import { Settings } from './settings.js';
import { SignIns } from './sign-ins.js';

interface TokenPayload {
  /** The id of the sign-in. */
  readonly jti: string;
  /** In seconds. */
  readonly exp: number;
}

@Injectable()
export class JwtStrategy extends PassportStrategy(Strategy) {
  constructor(
    settings: Settings,
    private readonly signIns: SignIns,
  ) {
    super({
      jwtFromRequest: bearerToken,
      secretOrKey: settings.jwtSecret,
      algorithms: ['HS256'],
    });
  }

  /** Signature and expiry are already checked. A token does not outlive its sign-in. */
  validate({ jti, exp }: TokenPayload): Identity | false {
    const signIn = this.signIns.find(jti);
    if (!signIn) return false;
    return { ...signIn, by: 'token', expiresAt: Math.min(signIn.expiresAt, exp * 1000) };
  }
}
