import { Logger } from '@nestjs/common';
import { errorStackOf, messageOf } from '../log/error.text.js';
import { ThrottledLog } from '../log/throttled.log.js';

/** What the calls of one route's handler give reason to log, whichever instance of the controller they are for. */
export class HandlerLog {
  private readonly logger = new Logger('WebSocketExceptionsHandler');
  private readonly lateFailures = new ThrottledLog((line) => this.logger.debug(line));
  private hasWarnedOfFilter = false;
  private hasToldOfResult = false;
  private hasToldOfType = false;

  constructor(private readonly where: string) {}

  /** An error that nobody foresaw. Each one, as Nest does for HTTP. */
  fault(error: unknown): void {
    this.logger.error(`${this.where}: ${messageOf(error)}`, errorStackOf(error));
  }

  /** Clients that leave bring these about: what the handler waits for is aborted. */
  lateFailure(error: unknown): void {
    this.lateFailures.add(
      () => `${this.where} failed after its client had left or stopped it: ${messageOf(error)}`,
    );
  }

  /** Once. */
  failedFilter(thrown: unknown): void {
    if (this.hasWarnedOfFilter) return;
    this.hasWarnedOfFilter = true;
    this.logger.warn(
      `An exception filter failed for a message of ${this.where} (${messageOf(thrown)}). ` +
        "The route's error policy is used instead; in the message phase the host's type is 'ws' and it has no response.",
    );
  }

  /** Once. */
  readonly promisedType = (): void => {
    if (this.hasToldOfType) return;
    this.hasToldOfType = true;
    this.logger.warn(
      `${this.where}: the function "by" gave a promise, which names no type. Let it return the type itself.`,
    );
  };

  /** Once. */
  readonly droppedResult = (): void => {
    if (this.hasToldOfResult) return;
    this.hasToldOfResult = true;
    this.logger.debug(`${this.where} is receive-only: what it returns is dropped`);
  };
}
