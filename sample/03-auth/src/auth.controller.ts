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
import { Settings } from './settings.js';
import { SignedInGuard } from './signed-in.guard.js';
import { SignIns, type SignIn } from './sign-ins.js';
import { Users, type User } from './users.js';

/** A real application also limits sign-in attempts (`@nestjs/throttler`). */
@Controller('auth')
export class AuthController {
  constructor(
    private readonly users: Users,
    private readonly signIns: SignIns,
    private readonly connections: OpenConnections,
    private readonly jwt: JwtService,
    private readonly settings: Settings,
  ) {}

  /** Sets the session cookie, which scripts cannot read, and returns a token for clients that keep no cookies. */
  @Post('sign-in')
  @HttpCode(200)
  async signIn(
    @Body(new ValidationPipe()) { name, password }: CredentialsDto,
    @Req() request: Request,
  ): Promise<User & { token: string }> {
    const user = await this.users.verify(name, password);
    if (!user) throw new UnauthorizedException('Wrong name or password');
    if (request.session.signInId !== undefined) this.end(request.session.signInId);
    // A new id prevents session fixation: nobody can have planted the session that is now signed in.
    await settled((done) => request.session.regenerate(done));
    const signIn = this.signIns.begin(user);
    request.session.signInId = signIn.id;
    return { name, roles: signIn.roles, token: this.tokenOf(signIn) };
  }

  /** Exchanges the session cookie, and only that, for a new token: a stolen token is useless once it expires. */
  @Post('token')
  @HttpCode(200)
  renew(@Req() request: Request): { token: string } {
    const signIn = this.signIns.find(request.session.signInId);
    if (!signIn) throw new UnauthorizedException('Sign in first');
    return { token: this.tokenOf(signIn) };
  }

  /** Works with cookie or token. Ends both, and the connections that either of them opened. */
  @Post('sign-out')
  @HttpCode(204)
  @UseGuards(SignedInGuard)
  async signOut(@CurrentIdentity() { id }: Identity, @Req() request: Request): Promise<void> {
    this.end(id);
    await settled((done) => request.session.destroy(done));
  }

  /** The user behind the browser's cookie, if any. */
  @Get('me')
  me(@Req() request: Request): { user: User | null } {
    const signIn = this.signIns.find(request.session.signInId);
    return { user: signIn ? { name: signIn.name, roles: signIn.roles } : null };
  }

  private tokenOf({ id, name }: SignIn): string {
    const expiresIn = this.settings.tokenSeconds;
    return this.jwt.sign({}, { subject: name, jwtid: id, expiresIn });
  }

  /** The order matters: no handshake can slip in between. */
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
