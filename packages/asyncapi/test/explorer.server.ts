import fastifyHelmet from '@fastify/helmet';
import type { INestApplication, Type } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import helmet from 'helmet';
import { AsyncApiModule, type AsyncApiModuleOptions } from 'nestjs-revali-ws-asyncapi';
import { CONTROLLERS } from './explorer.application.js';
import { startApp } from './support.js';

/** What stands in front of the page. */
export type Protection = 'no policy' | 'helmet' | 'a strict policy';

export interface ExplorerSetup extends AsyncApiModuleOptions {
  readonly platform?: 'express' | 'fastify';
  readonly protection?: Protection;
  readonly controllers?: Type<unknown>[];
}

/** An application that listens. @returns Where its page is. */
export async function serveExplorer({
  platform = 'express',
  protection = 'no policy',
  controllers = CONTROLLERS,
  ...options
}: ExplorerSetup = {}): Promise<string> {
  const info = { title: 'Shop', version: '1.0.0' };
  const { app } = await startApp({
    platform,
    controllers,
    imports: [AsyncApiModule.forRoot({ info, ...options })],
    configure: (each) => protect(each, platform, protection),
  });
  await app.listen(0, '127.0.0.1');
  return `${await app.getUrl()}/async-api`;
}

function protect(app: INestApplication, platform: string, protection: Protection): void {
  if (protection === 'no policy') return;
  const strict = { contentSecurityPolicy: { directives: { defaultSrc: ["'none'"] } } };
  const options = protection === 'helmet' ? {} : strict;
  if (platform === 'express') app.use(helmet(options));
  else void (app as NestFastifyApplication).register(fastifyHelmet, options);
}
