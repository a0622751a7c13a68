// What the application serves is its document, and a page that a browser can load.
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { createAsyncApiDocument } from 'nestjs-revali-ws-asyncapi';
import { AppModule, info } from './app.module.js';

/** The types of the page and of what it loads, as a browser finds them. */
async function pageAt(url: string): Promise<string[]> {
  const page = await fetch(url);
  const html = await page.text();
  const links = [...html.matchAll(/(?:href|src)="([^"]+)"/g)].map(([, link = '']) => link);
  const files = await Promise.all(links.map((link) => fetch(new URL(link, page.url))));
  return [page, ...files].map(({ status, headers }) => `${status} ${headers.get('content-type')}`);
}

async function main(): Promise<void> {
  const platform = process.argv[2] === 'fastify' ? new FastifyAdapter() : new ExpressAdapter();
  const app = await NestFactory.create(AppModule, platform, { logger: ['error'] });
  await app.listen(0, '127.0.0.1');
  const document = await createAsyncApiDocument(app, { info });
  const response = await fetch(new URL('/async-api-json', await app.getUrl()));
  const served: unknown = await response.json();
  const page = await pageAt(`${await app.getUrl()}/async-api/`);
  await app.close();
  process.stdout.write(JSON.stringify({ document, served, page }));
}

void main();
