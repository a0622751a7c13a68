import type {
  BrokerLink,
  PublishOptions,
  PublishReceipt,
  RoomKey,
} from '../brokers/room.broker.js';
import { BrokerUnavailableException } from '../errors/room.exceptions.js';
import type { RoomCounters } from '../metrics/room.counters.js';
import { within } from './within.js';

export interface PublisherParts {
  /** The name used in errors. */
  readonly broker: string;
  readonly link: () => Promise<BrokerLink>;
  /** Whether the broker can be reached. */
  readonly isReady: (room: RoomKey) => boolean;
  /** Milliseconds. */
  readonly timeout: number;
  /** Broadcasts that are not accepted yet. */
  readonly maxPending: number;
  readonly counters: RoomCounters;
}

/** Passes broadcasts to the broker in call order, with a bounded queue and without silent losses. */
export class RoomPublisher {
  /** Broadcasts that the broker has not answered yet. */
  pending = 0;
  private onSettled: (() => void) | undefined;

  constructor(private readonly parts: PublisherParts) {}

  /** Resolves when everything pending is answered or has timed out. Never rejects. */
  async settle(): Promise<void> {
    if (this.pending > 0) await new Promise<void>((resolve) => (this.onSettled = resolve));
  }

  isReady(room: RoomKey): boolean {
    return this.parts.isReady(room);
  }

  /** @throws BrokerUnavailableException (as a rejection) */
  async publish(room: RoomKey, packet: Buffer, options?: PublishOptions): Promise<PublishReceipt> {
    const { counters } = this.parts;
    counters.broadcasts += 1;
    try {
      const receipt = await this.tryTo(room, packet, options);
      counters.accepted += 1;
      return receipt;
    } catch (error) {
      const failure = this.failureOf(error);
      counters[failure.outcome] += 1;
      throw failure;
    }
  }

  private async tryTo(
    room: RoomKey,
    packet: Buffer,
    options: PublishOptions | undefined,
  ): Promise<PublishReceipt> {
    const { broker, maxPending, timeout } = this.parts;
    if (!this.isReady(room))
      throw new BrokerUnavailableException(broker, 'not connected', 'refused');
    if (this.pending >= maxPending) {
      const what = `${maxPending} broadcasts wait for it already`;
      throw new BrokerUnavailableException(broker, what, 'refused');
    }
    this.pending += 1;
    try {
      const late = (): Error =>
        new BrokerUnavailableException(broker, `no answer within ${timeout} ms`, 'unknown');
      return await within(this.send(room, packet, options), timeout, late);
    } finally {
      this.pending -= 1;
      if (this.pending === 0) this.onSettled?.();
    }
  }

  private async send(
    room: RoomKey,
    packet: Buffer,
    options: PublishOptions | undefined,
  ): Promise<PublishReceipt> {
    let link: BrokerLink;
    try {
      link = await this.parts.link();
    } catch (error) {
      // Nothing has happened.
      const { broker } = this.parts;
      throw new BrokerUnavailableException(broker, 'it cannot be reached', 'refused', error);
    }
    return link.publish(room, packet, options);
  }

  private failureOf(error: unknown): BrokerUnavailableException {
    if (error instanceof BrokerUnavailableException) return error;
    return new BrokerUnavailableException(this.parts.broker, 'it failed', 'unknown', error);
  }
}
