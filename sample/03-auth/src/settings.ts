import { Injectable, Module } from '@nestjs/common';

const MIN_SECRET_LENGTH = 32;

/** Known to everybody who reads this, and therefore refused in production. */
const DEVELOPMENT_SECRETS = {
  SESSION_SECRET: 'development only: signs session cookies',
  JWT_SECRET: 'development only: signs tokens of API clients',
};

/** What the environment decides. */
@Injectable()
export class Settings {
  readonly isProduction = process.env.NODE_ENV === 'production';
  readonly sessionSecret = this.secret('SESSION_SECRET');
  readonly jwtSecret = this.secret('JWT_SECRET');

  /** Of a token. The page gets another one when it has run out. */
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
