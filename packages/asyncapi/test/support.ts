import {
  Module,
  type INestApplication,
  type LoggerService,
  type ModuleMetadata,
  type Type,
} from '@nestjs/common';
import { NestFactory, type AbstractHttpAdapter } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { RevaliWsModule, type RevaliWsModuleOptions } from 'nestjs-revali-ws';
import {
  createAsyncApiDocument,
  type AsyncApiDocument,
  type AsyncApiDocumentOptions,
} from 'nestjs-revali-ws-asyncapi';

/** An application of a test. */
export interface Setup extends ModuleMetadata {
  readonly forRoot?: RevaliWsModuleOptions;
  readonly platform?: 'express' | 'fastify';
  /** In place of the platform's own. */
  readonly adapter?: AbstractHttpAdapter;
  readonly configure?: (app: INestApplication) => void;
}

export interface Started {
  readonly app: INestApplication;
  /** Lines of the log, of this package alone. */
  readonly lines: readonly string[];
}

const started: INestApplication[] = [];

export async function startApp({
  forRoot,
  platform = 'express',
  adapter = platform === 'express' ? new ExpressAdapter() : new FastifyAdapter(),
  configure,
  imports = [],
  ...metadata
}: Setup): Promise<Started> {
  @Module({ imports: [RevaliWsModule.forRoot(forRoot), ...imports], ...metadata })
  class AppModule {}
  const lines: string[] = [];
  const logger = recorder(lines);
  const app = await NestFactory.create(AppModule, adapter, { logger });
  started.push(app);
  configure?.(app);
  await app.init();
  return { app, lines };
}

export async function closeAllApps(): Promise<void> {
  await Promise.all(started.splice(0).map((app) => app.close()));
}

const INFO = { title: 'Test', version: '1.0.0' };

/** The document of an application of these controllers, and what was warned of. */
export async function documentOf(
  setup: Setup | Type<unknown>,
  options: AsyncApiDocumentOptions = {},
): Promise<AsyncApiDocument & { readonly lines: readonly string[] }> {
  const { app, lines } = await startApp(
    typeof setup === 'function' ? { controllers: [setup] } : setup,
  );
  const document = await createAsyncApiDocument(app, { info: INFO, ...options });
  return Object.defineProperty({ ...document, lines }, 'lines', { enumerable: false });
}

function recorder(lines: string[]): LoggerService {
  const note = (message: unknown, context: unknown): void => {
    if (context === 'AsyncApi') lines.push(String(message));
  };
  return { log: note, warn: note, error: note };
}
