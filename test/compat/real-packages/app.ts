import type { INestApplication, LoggerService, ModuleMetadata } from '@nestjs/common';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { RevaliWsModule, type RevaliWsModuleOptions } from 'nestjs-revali-ws';
import {
  connect as connectFor,
  type ConnectOptions,
  type TestWebSocket,
} from 'nestjs-revali-ws/testing';
import { setTimeout as sleep } from 'node:timers/promises';

export type Platform = 'express' | 'fastify';

export const platforms: readonly Platform[] = ['express', 'fastify'];

export interface Setup extends ModuleMetadata {
  readonly platform: Platform;
  readonly forRoot?: RevaliWsModuleOptions;
  /** Runs before the application listens. */
  readonly configure?: (app: INestApplication) => void | Promise<void>;
  /** Default: none. */
  readonly logger?: LoggerService;
  /** Default: true. */
  readonly bodyParser?: boolean;
}

const WITHIN = 10_000;

const started: INestApplication[] = [];

/** For `afterEach()`: a test that fails leaves nothing behind that would keep the process alive. */
export async function closeApps(): Promise<void> {
  await Promise.all(started.splice(0).map((app) => app.close()));
}

/** The application as its `main.ts` starts it, on a free port. */
export async function start(setup: Setup): Promise<INestApplication> {
  const { platform, forRoot, configure, logger, bodyParser = true, imports = [], ...rest } = setup;

  @Module({ imports: [RevaliWsModule.forRoot(forRoot), ...imports], ...rest })
  class AppModule {}

  const options = { logger: logger ?? (false as const), bodyParser };
  const app =
    platform === 'fastify'
      ? await NestFactory.create(AppModule, new FastifyAdapter(), options)
      : await NestFactory.create(AppModule, options);
  started.push(app);
  await configure?.(app);
  await app.listen(0, '127.0.0.1');
  return app;
}

/** With time enough on a machine that does other things as well. */
export function connect(
  app: INestApplication,
  path: string,
  options: ConnectOptions = {},
): Promise<TestWebSocket> {
  return connectFor(app, path, { timeout: WITHIN, ...options });
}

/** As a client of the application's HTTP side asks it. */
export async function ask(
  app: INestApplication,
  path: string,
  init?: RequestInit,
): Promise<Response> {
  return fetch(`${await app.getUrl()}${path}`, init);
}

/** The cookies that a response sets, as a client sends them back. */
export function cookiesOf(response: Response): string {
  return response.headers
    .getSetCookie()
    .map((line) => line.split(';', 1)[0] ?? '')
    .join('; ');
}

/** Until it no longer throws, at most ten seconds. */
export async function eventually(check: () => void): Promise<void> {
  const end = performance.now() + WITHIN;
  for (;;) {
    try {
      check();
      return;
    } catch (error) {
      if (performance.now() > end) throw error;
      await sleep(10);
    }
  }
}
