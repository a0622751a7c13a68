import type { AbstractHttpAdapter } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { Http2SecureServer, Http2Server } from 'node:http2';
import { startApp, type AppSetup } from './app-factory.js';
import { fastifyPlatform } from './platforms.js';
import type { RunningApp } from './running-app.js';
import { tlsFixture } from './tls-fixture.js';

/** HTTP/2 without TLS, as behind a proxy. */
export const inClear = (): AbstractHttpAdapter => new FastifyAdapter<Http2Server>({ http2: true });

/** HTTP/2 and HTTP/1.1 over TLS, as for browsers. */
export const overBoth = (): AbstractHttpAdapter =>
  new FastifyAdapter<Http2SecureServer>({
    http2: true,
    https: { ...tlsFixture, allowHTTP1: true },
  });

/** HTTP/2 alone, over TLS. */
export const secureAlone = (): AbstractHttpAdapter =>
  new FastifyAdapter<Http2SecureServer>({ http2: true, https: tlsFixture });

/** Fastify alone of the two speaks HTTP/2. @param createAdapter Default: without TLS. */
export function startHttp2App(setup: AppSetup, createAdapter = inClear): Promise<RunningApp> {
  return startApp(fastifyPlatform, { adapter: createAdapter(), ...setup });
}
