import { ForbiddenException, NotFoundException } from '@nestjs/common';

/** How a part fails: by an exception of its own kind, or, for guards, by saying no. */
export type Failure = 'forbidden' | 'not found' | 'error' | 'no';

export interface PlannedFailure {
  readonly name: string;
  readonly how: Failure;
}

/** What the parts of an application are told, and tell: what the request that is under way has met. */
export class Probe {
  private trace: string[] = [];
  private failure: PlannedFailure | undefined;

  /** A new question begins. */
  start(failure: PlannedFailure | undefined): void {
    this.trace = [];
    this.failure = failure;
  }

  get seen(): string[] {
    return [...this.trace];
  }

  meet(what: string): void {
    this.trace.push(what);
  }

  isRefusedBy(name: string): boolean {
    return this.failure?.name === name && this.failure.how === 'no';
  }

  /** @throws where this part is the one that fails. */
  pass(name: string): void {
    if (this.failure?.name !== name) return;
    switch (this.failure.how) {
      case 'forbidden':
        throw new ForbiddenException(`${name} forbids`);
      case 'not found':
        throw new NotFoundException({
          statusCode: 404,
          message: `${name} finds nothing`,
          by: name,
        });
      case 'error':
        throw new Error(`${name} fails`);
      case 'no':
    }
  }
}
