import { Injectable, Module } from '@nestjs/common';

const MIN_SECRET_LENGTH = 32;

/** Public, and therefore refused in production. */
const DEVELOPMENT_SECRETS = {
  SESSION_SECRET: 'development only: signs session cookies',
  JWT_SECRET: 'development only: signs tokens of API clients',
};

/** Settings from the environment. */
@Injectable()
export class Settings {
  readonly isProduction = process.env.NODE_ENV === 'production';
  readonly sessionSecret = this.secret('SESSION_SECRET');
  readonly jwtSecret = this.secret('JWT_SECRET');

  /** The lifetime of a token. The page gets a new one when it expires. */
  readonly tokenSeconds = Number(process.env.TOKEN_SECONDS ?? 15 * 60);

  private secret(name: keyof typeof DEVELOPMENT_SECRETS): string {
    const known = DEVELOPMENT_SECRETS[name];
    const secret = process.env[name] ?? known;
    if (!this.isProduction) return secret;
    if (secret !== known && secret.length >= MIN_SECRET_LENGTH) return secret;
    throw new Error(
      `${name} is not set, or shorter than ${MIN_SECRET_LENGTH} characters. ` +
        'Production needs a random one, such as `openssl rand -hex 32` prints.',
    );
  }
}

@Module({ providers: [Settings], exports: [Settings] })
export class SettingsModule {}
