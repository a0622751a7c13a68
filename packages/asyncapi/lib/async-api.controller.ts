import { Controller, Get, Inject, Injectable, Req, Res, type Type } from '@nestjs/common';
import { HttpAdapterHost, ModuleRef } from '@nestjs/core';
import { createHash } from 'node:crypto';
import { stringify } from 'yaml';
import { createAsyncApiDocument } from './async-api.document.js';
import {
  OPTIONS,
  type AsyncApiDecorator,
  type AsyncApiDocumentOptions,
} from './async-api.options.js';
import type { AsyncApiDocument } from './document/document.types.js';
import { isObject } from './schema/json.schema.js';
import { serverOf, type DocumentRequest } from './document/request.server.js';

const TYPES = { json: 'application/json', yaml: 'application/yaml' };

/** Answers with the document, past interceptors that would wrap it. */
@Injectable()
export class AsyncApiResponder {
  private document: Promise<AsyncApiDocument> | undefined;

  constructor(
    @Inject(OPTIONS) private readonly options: AsyncApiDocumentOptions,
    @Inject(ModuleRef) private readonly moduleRef: ModuleRef,
    @Inject(HttpAdapterHost) private readonly host: HttpAdapterHost,
  ) {}

  async answer(
    form: keyof typeof TYPES,
    request: DocumentRequest,
    response: unknown,
  ): Promise<void> {
    const body = textOf(await this.documentFor(request), form);
    const tag = `"${createHash('sha256').update(body).digest('base64url')}"`;
    const { httpAdapter } = this.host;
    httpAdapter.setHeader(response, 'Content-Type', `${TYPES[form]}; charset=utf-8`);
    httpAdapter.setHeader(response, 'Cache-Control', 'no-cache');
    httpAdapter.setHeader(response, 'X-Content-Type-Options', 'nosniff');
    httpAdapter.setHeader(response, 'ETag', tag);
    const isKnown = request.headers['if-none-match'] === tag;
    await httpAdapter.reply(response, isKnown ? '' : body, isKnown ? 304 : 200);
  }

  /** The routes do not change; where they are served is for the request to say. */
  private async documentFor(request: DocumentRequest): Promise<AsyncApiDocument> {
    const { document: complete, ...options } = this.options;
    this.document ??= createAsyncApiDocument(this.moduleRef, options);
    const { asyncapi, info, defaultContentType, ...rest } = await this.document;
    const server = rest.servers ? undefined : serverOf(request);
    const servers = server && { servers: { default: server } };
    const document = { asyncapi, info, defaultContentType, ...servers, ...rest };
    return complete ? complete(document) : document;
  }
}

function textOf(document: AsyncApiDocument, form: keyof typeof TYPES): string {
  const text = JSON.stringify(document, undefined, 2);
  // What JSON leaves out has no place in YAML.
  return form === 'json' ? text : stringify(JSON.parse(text), { aliasDuplicateObjects: false });
}

/** An ordinary controller, so that guards, versions and the global prefix are those of any other. */
export function createController(
  path: string,
  decorators: readonly AsyncApiDecorator[],
): Type<unknown> {
  @Controller()
  class AsyncApiController {
    constructor(@Inject(AsyncApiResponder) private readonly responder: AsyncApiResponder) {}

    @Get(`${path}-json`)
    json(@Req() request: DocumentRequest, @Res() response: unknown): Promise<void> {
      return this.responder.answer('json', request, response);
    }

    @Get(`${path}-yaml`)
    yaml(@Req() request: DocumentRequest, @Res() response: unknown): Promise<void> {
      return this.responder.answer('yaml', request, response);
    }
  }
  decorate(AsyncApiController, decorators, ['json', 'yaml']);
  // Swagger's own document is about the application.
  Reflect.defineMetadata('swagger/apiExcludeController', [true], AsyncApiController);
  return AsyncApiController;
}

/**
 * One that takes a class alone decorates the class. Others decorate each method, since some of them, `Version()` for
 * one, take nothing else.
 */
export function decorate(
  controller: Type<unknown>,
  decorators: readonly AsyncApiDecorator[],
  methods: readonly string[],
): void {
  const prototype: unknown = controller.prototype;
  if (!isObject(prototype)) return;
  for (const decorator of decorators.toReversed()) {
    if (decorator.length < 2) {
      Reflect.apply(decorator, undefined, [controller]);
      continue;
    }
    for (const name of methods) {
      const descriptor = Reflect.getOwnPropertyDescriptor(prototype, name);
      Reflect.apply(decorator, undefined, [prototype, name, descriptor]);
    }
  }
}
