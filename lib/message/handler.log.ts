import { Logger } from '@nestjs/common';
import { errorStackOf, messageOf } from '../log/error.text.js';
import { ThrottledLog } from '../log/throttled.log.js';

/** Logs for the calls of one route's handler, in any instance of the controller. */
export class HandlerLog {
  private readonly logger = new Logger('WebSocketExceptionsHandler');
  private readonly lateFailures = new ThrottledLog((line) => this.logger.debug(line));
  private hasWarnedOfFilter = false;
  private hasToldOfResult = false;
  private hasToldOfType = false;

  constructor(private readonly where: string) {}

  /** An unexpected error. Every one is logged, as in Nest over HTTP. */
  fault(error: unknown): void {
    this.logger.error(`${this.where}: ${messageOf(error)}`, errorStackOf(error));
  }

  /** Clients that leave cause these: the work that a handler waits for is aborted. */
  lateFailure(error: unknown): void {
    this.lateFailures.add(
      () => `${this.where} failed after its client had left or stopped it: ${messageOf(error)}`,
    );
  }

  /** Logged once. */
  failedFilter(thrown: unknown): void {
    if (this.hasWarnedOfFilter) return;
    this.hasWarnedOfFilter = true;
    this.logger.warn(
      `An exception filter failed for a message of ${this.where} (${messageOf(thrown)}). ` +
        "The route's error policy is used instead; in the message phase the host's type is 'ws' and it has no response.",
    );
  }

  /** Logged once. */
  readonly promisedType = (): void => {
    if (this.hasToldOfType) return;
    this.hasToldOfType = true;
    this.logger.warn(
      `${this.where}: the function "by" returned a promise, which names no type. Return the type itself.`,
    );
  };

  /** Logged once. */
  readonly droppedResult = (): void => {
    if (this.hasToldOfResult) return;
    this.hasToldOfResult = true;
    this.logger.debug(`${this.where} is receive-only: what it returns is dropped`);
  };
}
