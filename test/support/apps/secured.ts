import { FastifyAdapter } from '@nestjs/platform-fastify';

import type { AppSetup } from './app-factory.js';
import type { Platform } from './platforms.js';
import { tlsFixture } from './tls-fixture.js';

/** What an app needs besides to be served over TLS. */
export function secured({ name }: Platform): Pick<AppSetup, 'adapter' | 'appOptions'> {
  return name === 'fastify'
    ? { adapter: new FastifyAdapter({ https: tlsFixture }) }
    : { appOptions: { httpsOptions: tlsFixture } };
}
