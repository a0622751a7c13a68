import { FastifyAdapter } from '@nestjs/platform-fastify';

import { secureAlone } from './http2-app.js';

import type { AppSetup } from './app-factory.js';
import type { Platform } from './platforms.js';
import { tlsFixture } from './tls-fixture.js';

/** The part of a setup that has an app listen with TLS. */
export function overTls({ name, createLine }: Platform): Pick<AppSetup, 'adapter' | 'appOptions'> {
  if (createLine) return { adapter: secureAlone() };
  const { cert, key } = tlsFixture;
  return name === 'fastify'
    ? { adapter: new FastifyAdapter({ https: { cert, key } }) }
    : { appOptions: { httpsOptions: { cert, key } } };
}

/** For a client of such an app. */
export const trusted = { ca: tlsFixture.cert };
