import { errors } from '@nats-io/transport-node';
import { unavailable } from './nats.errors.js';

interface Waiter {
  readonly subject: string;
  refusal?: Error;
}

/** The server confirms no message, but reports each refusal, in order and only by subject. */
export class PublishRefusals {
  private readonly waiters = new Set<Waiter>();

  /**
   * @param taken Resolves when every refusal has been reported. @throws BrokerUnavailableException (as a rejection) if
   * the server has refused the message
   */
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

  /** Records a report of the server. */
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
