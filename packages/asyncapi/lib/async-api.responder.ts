import { Inject, Injectable, NotFoundException } from '@nestjs/common';
import { HttpAdapterHost, ModuleRef } from '@nestjs/core';
import { WebSocketRoutes } from 'nestjs-revali-ws';
import { createHash } from 'node:crypto';
import { stringify } from 'yaml';
import { completed, createAsyncApiDocument } from './async-api.document.js';
import { OPTIONS, type AsyncApiDocumentOptions } from './async-api.options.js';
import type { AsyncApiDocument } from './document/document.types.js';
import { serverOf, type DocumentRequest } from './document/request.server.js';
import { files } from './explorer/explorer.files.js';
import { folderOf, PAGE_POLICY, pageOf } from './explorer/explorer.page.js';
import { isRelay, isServedAt } from './relay/relay.routes.js';

const TYPES = { json: 'application/json', yaml: 'application/yaml' };

/** The formats of a served document. */
export type DocumentForm = keyof typeof TYPES;

interface Answer {
  readonly type: string;
  readonly body: string;
  /** Default: the client revalidates its copy each time. */
  readonly caching?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Answers with documents and the page, and bypasses interceptors that would wrap them. */
@Injectable()
export class AsyncApiResponder {
  private document: Promise<AsyncApiDocument> | undefined;

  constructor(
    @Inject(OPTIONS) private readonly options: AsyncApiDocumentOptions,
    @Inject(ModuleRef) private readonly moduleRef: ModuleRef,
    @Inject(HttpAdapterHost) private readonly host: HttpAdapterHost,
  ) {}

  async documentIn(form: DocumentForm, request: DocumentRequest, response: unknown): Promise<void> {
    const body = textOf(await this.documentFor(request), form);
    await this.answer({ type: TYPES[form], body }, request, response);
  }

  page(request: DocumentRequest, response: unknown): Promise<void> {
    const path = pathOf(request);
    return this.answer(
      {
        type: 'text/html',
        body: pageOf({ path, hasRelay: this.hasRelay(path) }),
        headers: { 'Content-Security-Policy': PAGE_POLICY, 'Referrer-Policy': 'no-referrer' },
      },
      request,
      response,
    );
  }

  /** Serves only listed files: a request never names a file on disk. */
  file(request: DocumentRequest, response: unknown): Promise<void> {
    const path = pathOf(request);
    const found = files.find(({ name }) => path.endsWith(`/${name}`));
    if (!found) throw new NotFoundException();
    // Private, because a guard may let this client in and refuse the next.
    const caching = 'private, max-age=31536000, immutable';
    return this.answer({ type: found.type, body: found.text, caching }, request, response);
  }

  private async answer(
    { type, body, caching = 'no-cache', headers = {} }: Answer,
    request: DocumentRequest,
    response: unknown,
  ): Promise<void> {
    const tag = `"${createHash('sha256').update(body).digest('base64url')}"`;
    const { httpAdapter } = this.host;
    const all = {
      'Content-Type': `${type}; charset=utf-8`,
      'Cache-Control': caching,
      'X-Content-Type-Options': 'nosniff',
      ETag: tag,
      ...headers,
    };
    for (const [name, value] of Object.entries(all)) httpAdapter.setHeader(response, name, value);
    const isKnown = isTagIn(request.headers['if-none-match'], tag);
    await httpAdapter.reply(response, isKnown ? '' : body, isKnown ? 304 : 200);
  }

  /** The routes do not change, but the server's address depends on the request. */
  private async documentFor(request: DocumentRequest): Promise<AsyncApiDocument> {
    const { document: complete, ...options } = this.options;
    this.document ??= createAsyncApiDocument(this.moduleRef, options);
    const { asyncapi, info, defaultContentType, ...rest } = await this.document;
    const server = rest.servers ? undefined : serverOf(request);
    const servers = server && { servers: { default: server } };
    const document = { asyncapi, info, defaultContentType, ...servers, ...rest };
    return completed(document, complete);
  }

  private hasRelay(path: string): boolean {
    const relay = `${folderOf(path)}/relay`;
    return this.moduleRef
      .get(WebSocketRoutes, { strict: false })
      .all.some((route) => isRelay(route) && isServedAt(route, relay));
  }
}

function textOf(document: AsyncApiDocument, form: DocumentForm): string {
  const text = JSON.stringify(document, undefined, 2);
  // YAML must leave out the same values as JSON.
  return form === 'json' ? text : stringify(JSON.parse(text), { aliasDuplicateObjects: false });
}

/**
 * Compression on the way weakens the tag, and caches send several: RFC 9110 section 13.1.2. Only clients that write
 * send `*`.
 */
function isTagIn(header: string | string[] | undefined, tag: string): boolean {
  const known = [header ?? []].flat().join(',').split(',');
  return known.some((each) => each.trim().replace(/^W\//, '') === tag);
}

/** The path without its query. Express changes `url` if an application is mounted in another. */
function pathOf({ originalUrl, url = '/' }: DocumentRequest): string {
  return (originalUrl ?? url).replace(/[?#].*$/s, '');
}
