import { join } from 'node:path';
import { runInThisContext } from 'node:vm';

import type { FastifyCookieOptions } from '@fastify/cookie';
import fastifyHelmet from '@fastify/helmet';
import fastifySession from '@fastify/session';
import type { INestApplication } from '@nestjs/common';
import { AbstractHttpAdapter } from '@nestjs/core';
import cookieParser from 'cookie-parser';
import session from 'express-session';
import type { FastifyInstance, FastifyPluginCallback } from 'fastify';
import helmet from 'helmet';

import type { Platform } from './platforms.js';

type Install = (app: INestApplication) => void | Promise<void>;

/** What applications put in front of their routes, in the form that each platform has it. */
export interface HttpPlugins {
  helmet: Install;
  cookies: Install;
  /** `request.session`, in memory, its id in the cookie `sid`. */
  session: Install;
}

const SECRET = 'not a secret, but long enough for one';

const express: HttpPlugins = {
  helmet: (app) => void app.use(helmet()),
  cookies: (app) => void app.use(cookieParser(SECRET)),
  session: (app) =>
    void app.use(session({ secret: SECRET, name: 'sid', resave: false, saveUninitialized: false })),
};

const fastify: HttpPlugins = {
  helmet: async (app) => {
    await fastifyOf(app).register(fastifyHelmet);
  },
  cookies: async (app) => {
    await fastifyOf(app).register(loadFastifyCookie(), { secret: SECRET });
  },
  session: async (app) => {
    await fastifyOf(app).register(loadFastifyCookie());
    const cookie = { secure: false };
    const options = { secret: SECRET, cookieName: 'sid', saveUninitialized: false, cookie };
    await fastifyOf(app).register(fastifySession, options);
  },
};

export function pluginsOf({ name }: Platform): HttpPlugins {
  return { express, fastify }[name];
}

/** Only for an application on Fastify. */
export function fastifyOf(app: INestApplication): FastifyInstance {
  const adapter: unknown = app.getHttpAdapter();
  if (!(adapter instanceof AbstractHttpAdapter)) throw new Error('the app has no HTTP adapter');
  return adapter.getInstance<FastifyInstance>();
}

/** `name=value` of each cookie that was set, as a client sends them back. */
export function cookiesOf(setCookie: readonly string[] | undefined): string {
  return (setCookie ?? []).map((cookie) => cookie.split(';', 1)[0] ?? '').join('; ');
}

/**
 * Loads it past jest: the plugin imports an ES module as it starts, which jest allows only with a
 * flag that a CommonJS project does not set.
 */
function loadFastifyCookie(): FastifyPluginCallback<FastifyCookieOptions> {
  const from = JSON.stringify(join(process.cwd(), 'package.json'));
  const plugin: unknown = runInThisContext(
    `process.getBuiltinModule('module').createRequire(${from})('@fastify/cookie')`,
  );
  if (!isCookiePlugin(plugin)) throw new Error('@fastify/cookie is no plugin');
  return plugin;
}

function isCookiePlugin(value: unknown): value is FastifyPluginCallback<FastifyCookieOptions> {
  return typeof value === 'function';
}
