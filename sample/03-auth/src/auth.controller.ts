import {
  Body,
  Controller,
  Get,
  HttpCode,
  Post,
  Req,
  UnauthorizedException,
  UseGuards,
  ValidationPipe,
} from '@nestjs/common';
import { JwtService } from '@nestjs/jwt';
import type { Request } from 'express';

import { CredentialsDto } from './credentials.dto.js';
import { CurrentIdentity, type Identity } from './identity.js';
import { OpenConnections } from './open-connections.js';
import { SignedInGuard } from './signed-in.guard.js';
import { SignIns } from './sign-ins.js';
import { Users, type User } from './users.js';

const TOKEN_LIFETIME_SECONDS = 15 * 60;

/** An application also limits how often somebody may try (`@nestjs/throttler`). */
@Controller('auth')
export class AuthController {
  constructor(
    private readonly users: Users,
    private readonly signIns: SignIns,
    private readonly connections: OpenConnections,
    private readonly jwt: JwtService,
  ) {}

  /** Sets the session cookie, which scripts cannot read, and answers with a token for clients that keep no cookies. */
  @Post('sign-in')
  @HttpCode(200)
  async signIn(
    @Body(new ValidationPipe()) { name, password }: CredentialsDto,
    @Req() request: Request,
  ): Promise<User & { token: string }> {
    const user = await this.users.verify(name, password);
    if (!user) throw new UnauthorizedException('Wrong name or password');
    if (request.session.signInId !== undefined) this.end(request.session.signInId);
    // A new id: nobody shall have planted the session that becomes a signed-in one.
    await settled((done) => request.session.regenerate(done));
    const { id, roles } = this.signIns.begin(user);
    request.session.signInId = id;
    const token = this.jwt.sign(
      {},
      { subject: name, jwtid: id, expiresIn: TOKEN_LIFETIME_SECONDS },
    );
    return { name, roles, token };
  }

  /** By cookie or token: both end, and so do the connections that either of them opened. */
  @Post('sign-out')
  @HttpCode(204)
  @UseGuards(SignedInGuard)
  async signOut(@CurrentIdentity() { id }: Identity, @Req() request: Request): Promise<void> {
    this.end(id);
    await settled((done) => request.session.destroy(done));
  }

  /** Whom the browser's cookie stands for, if anybody. */
  @Get('me')
  me(@Req() request: Request): { user: User | null } {
    const signIn = this.signIns.find(request.session.signInId);
    return { user: signIn ? { name: signIn.name, roles: signIn.roles } : null };
  }

  /** In this order: no handshake that comes in between is let in. */
  private end(signInId: string): void {
    this.signIns.end(signInId);
    this.connections.closeFor(signInId, 'Signed out');
  }
}

function settled(start: (done: (error?: unknown) => void) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    start((error) => (error ? reject(error) : resolve()));
  });
}
