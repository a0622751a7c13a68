import { errors } from '@nats-io/transport-node';
import { unavailable } from './nats.errors.js';

interface Waiter {
  readonly subject: string;
  refusal?: Error;
}

/** The server answers no message, but tells each one that it refuses, in their order and by the subject alone. */
export class PublishRefusals {
  private readonly waiters = new Set<Waiter>();

  /** @param taken Resolves when all has been told. @throws BrokerUnavailableException (as a rejection) where the server has refused it */
  async during(subject: string, taken: Promise<void>): Promise<void> {
    const waiter: Waiter = { subject };
    this.waiters.add(waiter);
    try {
      await taken;
    } finally {
      this.waiters.delete(waiter);
    }
    const { refusal } = waiter;
    if (refusal) throw unavailable(refusal.message, 'refused', refusal);
  }

  /** What the server has told. */
  see(error: Error): void {
    if (!(error instanceof errors.PermissionViolationError) || error.operation !== 'publish')
      return;
    for (const waiter of this.waiters) {
      if (waiter.subject !== error.subject || waiter.refusal) continue;
      waiter.refusal = error;
      return;
    }
  }
}
