import type { HttpServer } from '@nestjs/common';
import { ExceptionsHandler } from '@nestjs/core/exceptions/exceptions-handler.js';
import { ExecutionContextHost } from '@nestjs/core/helpers/execution-context-host.js';
import { messageOf } from '../log/error.text.js';
import { catches, type MessageFilter } from './exception.filter.js';

/** The arguments that Nest passes to the handler of an HTTP route. */
export type HandlerArgs = [request: object, response: object, next: unknown];

/**
 * Answers an exception of the handshake over HTTP, as Nest does for an HTTP route. Filters are awaited, so that the
 * client gets an answer even if one rejects.
 */
export class HandshakeExceptions {
  private readonly builtIn: ExceptionsHandler;

  /**
   * @param filters The handler's filters.
   * @param globalFilters The filters of Nest's last layer, which gets exceptions of other filters.
   * @param outer For a request-scoped route: a layer before the last one that gets exceptions of filters.
   */
  constructor(
    private readonly filters: readonly MessageFilter[],
    private readonly globalFilters: readonly MessageFilter[],
    private readonly httpAdapter: HttpServer,
    private readonly outer?: () => HandshakeExceptions,
  ) {
    this.builtIn = new ExceptionsHandler(httpAdapter);
  }

  /** Never rejects. */
  async answer(error: unknown, args: HandlerArgs): Promise<void> {
    const host = new ExecutionContextHost(args);
    try {
      await this.pass(this.filters, error, host);
    } catch (thrown) {
      if (this.outer) await this.outer().answer(thrown, args);
      else await this.answerLast(thrown, host);
    }
  }

  private async answerLast(error: unknown, host: ExecutionContextHost): Promise<void> {
    try {
      await this.pass(this.globalFilters, error, host);
    } catch (thrown) {
      this.answerBuiltIn(thrown, host);
    }
  }

  private async pass(
    filters: readonly MessageFilter[],
    error: unknown,
    host: ExecutionContextHost,
  ): Promise<void> {
    const filter = filters.find((candidate) => catches(candidate, error));
    if (!filter) return this.answerBuiltIn(error, host);
    const result: unknown = await filter.func(error, host);
    // A filter for another context returns what that context would send, and leaves HTTP unanswered.
    if (result !== undefined && !isResponse(result)) this.answerBuiltIn(error, host);
  }

  private answerBuiltIn(error: unknown, host: ExecutionContextHost): void {
    try {
      if (!this.httpAdapter.isHeadersSent?.(host.getArgByIndex(1)))
        this.builtIn.next(toError(error), host);
    } catch (failed) {
      this.builtIn.next(toError(failed), host);
    }
  }
}

/** `return response.json(..)`: the response may not have been sent yet. */
function isResponse(result: unknown): boolean {
  return typeof result === 'object' && result !== null && 'headersSent' in result;
}

function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error(messageOf(error));
}
