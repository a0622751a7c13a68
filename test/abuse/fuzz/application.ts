import {
  Module,
  type INestApplication,
  type MiddlewareConsumer,
  type NestModule,
  type Type,
} from '@nestjs/common';
import { AbstractHttpAdapter, NestFactory } from '@nestjs/core';
import { ExpressAdapter, type NestExpressApplication } from '@nestjs/platform-express';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import {
  RevaliWsAdapter,
  RevaliWsModule,
  type WebSocketObserver,
  type WebSocketObserverContext,
} from 'nestjs-revali-ws';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { tlsFixture } from '../../support/apps/tls-fixture.js';
import { FuzzedGateway } from './gateways.js';
import { STATIC_TEXT } from './known.js';
import { Ledger } from './ledger.js';
import { CLOSE_MS, HANDSHAKE_MS, MAX_PAYLOAD, SHUTDOWN_MS } from './limits.js';
import { HeadThrowingMiddleware, PouringMiddleware, SlowMiddleware } from './middleware.js';
import { FuzzedPages } from './pages.js';
import { FuzzedRoutes, ScopedRoutes } from './routes.js';
import type { Setup } from './setups.js';

/** Each `onOpen` has its `onClose`. */
class LedgerObserver implements WebSocketObserver {
  private readonly releases = new WeakMap<object, () => void>();

  constructor(private readonly ledger: Ledger) {}

  onOpen(context: WebSocketObserverContext): void {
    const { url } = context.switchToHttp().getRequest<{ url: string }>();
    this.releases.set(context, this.ledger.hold('upgrade', url));
  }

  onClose(context: WebSocketObserverContext): void {
    this.releases.get(context)?.();
  }
}

const limits = {
  maxPayload: MAX_PAYLOAD,
  handshakeTimeout: HANDSHAKE_MS,
  closeTimeout: CLOSE_MS,
  shutdownTimeout: SHUTDOWN_MS,
};

function moduleFor({ refusal }: Setup, ledger: Ledger): Type<NestModule> {
  @Module({
    imports: [
      RevaliWsModule.forRoot({ ...limits, refusal, observers: [new LedgerObserver(ledger)] }),
    ],
    controllers: [FuzzedRoutes, ScopedRoutes, FuzzedPages],
    providers: [{ provide: Ledger, useValue: ledger }, FuzzedGateway],
  })
  class FuzzedModule implements NestModule {
    configure(consumer: MiddlewareConsumer): void {
      consumer.apply(SlowMiddleware).forRoutes('ws/slow-middleware/:value');
      consumer.apply(HeadThrowingMiddleware).forRoutes('ws/head-throws/:value');
      consumer.apply(PouringMiddleware).forRoutes('ws/pour/:value');
    }
  }
  return FuzzedModule;
}

function adapterFor({ platform, server }: Setup): AbstractHttpAdapter {
  if (platform === 'express') return new ExpressAdapter();
  if (server === 'http2') return new FastifyAdapter({ http2: true } as object);
  return server === 'http2 over TLS'
    ? new FastifyAdapter({ http2: true, https: { ...tlsFixture, allowHTTP1: true } } as object)
    : new FastifyAdapter();
}

function serveFiles(app: INestApplication, { platform }: Setup): void {
  const folder = mkdtempSync(join(tmpdir(), 'fuzz-'));
  process.once('exit', () => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'known.txt'), STATIC_TEXT);
  if (platform === 'express')
    (app as NestExpressApplication).useStaticAssets(folder, { prefix: '/static/' });
  else (app as NestFastifyApplication).useStaticAssets({ root: folder, prefix: '/static/' });
}

/** Everything on one server: routes, gateways, pages, event streams and files. */
export async function startFuzzed(setup: Setup, ledger: Ledger): Promise<INestApplication> {
  const app = await NestFactory.create(moduleFor(setup, ledger), adapterFor(setup), {
    logger: false,
    ...(setup.server === 'https' ? { httpsOptions: tlsFixture } : {}),
  });
  const { refusal } = setup;
  app.useWebSocketAdapter(new RevaliWsAdapter(app, { ...limits, refusal }));
  serveFiles(app, setup);
  await app.listen(0, '127.0.0.1');
  return app;
}
