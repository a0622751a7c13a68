import type { INestApplication, NestApplicationOptions } from '@nestjs/common';
import { readFileSync, writeFileSync } from 'node:fs';
import {
  createAsyncApiDocument,
  type AsyncApiDocument,
  type AsyncApiVersion,
} from 'nestjs-revali-ws-asyncapi';
import { createApp as auth } from '../../../sample/03-auth/src/create-app.js';
import { createApp as chat } from '../../../sample/02-chat/src/create-app.js';
import { createApp as echo } from '../../../sample/01-echo/src/create-app.js';
import { createApp as fastify } from '../../../sample/06-fastify/src/create-app.js';
import { createApp as feed } from '../../../sample/04-live-feed/src/create-app.js';
import { createApp as metrics } from '../../../sample/08-metrics/src/create-app.js';
import { createApp as migration } from '../../../sample/07-gateway-migration/src/create-app.js';
import { createApp as presence } from '../../../sample/09-presence/src/create-app.js';
import { createApp as upload } from '../../../sample/05-upload/src/create-app.js';
import { faultsOf } from './asyncapi.parser.js';

type CreateApp = (options?: NestApplicationOptions) => Promise<INestApplication>;

const SAMPLES: [name: string, createApp: CreateApp][] = [
  ['01-echo', echo],
  ['02-chat', chat],
  ['03-auth', auth],
  ['04-live-feed', feed],
  ['05-upload', upload],
  ['06-fastify', fastify],
  ['07-gateway-migration', migration],
  ['08-metrics', metrics],
  ['09-presence', presence],
];

async function documentOf(
  createApp: CreateApp,
  title: string,
  version: AsyncApiVersion,
): Promise<AsyncApiDocument> {
  const app = await createApp({ logger: false });
  try {
    await app.init();
    return await createAsyncApiDocument(app, { info: { title, version: '1.0.0' }, version });
  } finally {
    await app.close();
  }
}

/** Nothing is instantiated, and `app.init()` is not called. */
async function previewOf(createApp: CreateApp, title: string): Promise<AsyncApiDocument> {
  const app = await createApp({ preview: true, logger: false, abortOnError: false });
  return createAsyncApiDocument(app, { info: { title, version: '1.0.0' } });
}

/** Written where `UPDATE_GOLDEN=1` says so. */
function golden(name: string, document: AsyncApiDocument): unknown {
  const file = `packages/asyncapi/test/golden/${name}.json`;
  if (process.env.UPDATE_GOLDEN === '1')
    writeFileSync(file, `${JSON.stringify(document, undefined, 2)}\n`);
  return JSON.parse(readFileSync(file, 'utf8'));
}

describe('The document of a sample', () => {
  it.each(SAMPLES)('is valid, and what it was: %s', async (name, createApp) => {
    const document = await documentOf(createApp, name, '3.0.0');
    expect(await faultsOf(document)).toEqual([]);
    expect(JSON.parse(JSON.stringify(document))).toEqual(golden(name, document));
  });

  it.each(SAMPLES)('is valid as AsyncAPI 3.1, too: %s', async (name, createApp) => {
    const document = await documentOf(createApp, name, '3.1.0');
    expect(await faultsOf(document)).toEqual([]);
    expect(document).toMatchObject({
      ...(await documentOf(createApp, name, '3.0.0')),
      asyncapi: '3.1.0',
    });
  });

  it.each(SAMPLES)('is the same without an instance: %s', async (name, createApp) => {
    const document = await previewOf(createApp, name);
    expect(JSON.parse(JSON.stringify(document))).toEqual(golden(name, document));
  });
});
