import { Controller, Get, Inject, Req, Res, type Type } from '@nestjs/common';
import {
  decorate,
  decorateMethod,
  hideFromSwagger,
  type AsyncApiDecorator,
} from './decorators/controller.decorators.js';
import { AsyncApiResponder } from './async-api.responder.js';
import type { DocumentRequest } from './document/request.server.js';
import { files } from './explorer/explorer.files.js';
import { INDEX } from './explorer/explorer.page.js';

export interface ControllerOptions {
  readonly path: string;
  readonly hasExplorer: boolean;
  readonly decorators: readonly AsyncApiDecorator[];
}

/** Creates an ordinary controller: guards, versions and the global prefix apply to it as to any other. */
export function createController({
  path,
  hasExplorer,
  decorators,
}: ControllerOptions): Type<unknown> {
  @Controller()
  class AsyncApiController {
    constructor(@Inject(AsyncApiResponder) private readonly responder: AsyncApiResponder) {}

    page(@Req() request: DocumentRequest, @Res() response: unknown): Promise<void> {
      return this.responder.page(request, response);
    }

    file(@Req() request: DocumentRequest, @Res() response: unknown): Promise<void> {
      return this.responder.file(request, response);
    }

    json(@Req() request: DocumentRequest, @Res() response: unknown): Promise<void> {
      return this.responder.documentIn('json', request, response);
    }

    yaml(@Req() request: DocumentRequest, @Res() response: unknown): Promise<void> {
      return this.responder.documentIn('yaml', request, response);
    }
  }
  const paths = pathsOf(path, hasExplorer);
  for (const [name, served] of Object.entries(paths))
    decorateMethod(AsyncApiController, name, Get([...served]));
  decorate(AsyncApiController, decorators, Object.keys(paths));
  hideFromSwagger(AsyncApiController);
  return AsyncApiController;
}

/** Paths by method. The page's files are below its path, so a proxy that renames the path still finds them. */
function pathsOf(path: string, hasExplorer: boolean): Record<string, readonly string[]> {
  const documents = { json: [`${path}-json`], yaml: [`${path}-yaml`] };
  if (!hasExplorer) return documents;
  const below = `${path}/`;
  return {
    page: [path, `${below}${INDEX}`],
    file: files.map(({ name }) => `${below}${name}`),
    json: [...documents.json, `${below}document.json`],
    yaml: [...documents.yaml, `${below}document.yaml`],
  };
}
