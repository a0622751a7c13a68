import { Logger } from '@nestjs/common';
import type { Msg, NatsConnection } from '@nats-io/transport-node';
import { messageOf } from '../../log/error.text.js';
import { ThrottledLog } from '../../log/throttled.log.js';
import type {
  BrokerEvents,
  BrokerLink,
  PublishOptions,
  PublishReceipt,
  RoomKey,
} from '../room.broker.js';
import { BROKER, failureOf, unavailable } from './nats.errors.js';
import type { NatsNames } from './nats.names.js';
import { NatsWire } from './nats.wire.js';
import { RoomSubscriptions } from './room.subscriptions.js';
import { TurnFlush } from './turn.flush.js';

/** Milliseconds that a link waits, when it closes, for what it was asked for. */
const CLOSE_PATIENCE = 2_000;

export interface LinkParts {
  readonly names: NatsNames;
  readonly events: BrokerEvents;
  readonly dial: () => Promise<NatsConnection>;
}

/** What one application has of NATS. */
export class NatsLink implements BrokerLink {
  private readonly wire: NatsWire;
  private readonly subscriptions: RoomSubscriptions;
  private readonly flush = new TurnFlush(() => this.wire.during(this.wire.connection.flush()));
  private readonly underWay = new Set<Promise<unknown>>();
  private readonly logger = new Logger(BROKER);
  private readonly faults = new ThrottledLog((line) => this.logger.error(line));
  private isClosed = false;

  constructor(private readonly parts: LinkParts) {
    const { names, events, dial } = parts;
    this.wire = new NatsWire({
      dial,
      prepare: () => Promise.resolve(),
      onLost: () => {
        this.subscriptions.clear();
        this.tell(() => events.onLost());
      },
      onReady: () => this.tell(() => events.onReady()),
    });
    this.subscriptions = new RoomSubscriptions({
      subjectOf: (room) => names.live(room),
      onMessage: (room, message) => this.take(room, message),
      onGone: () => undefined,
      onFault: (error) => this.onFault(error),
    });
  }

  /** @throws What the transport says. */
  open(): Promise<void> {
    return this.wire.open();
  }

  subscribe(rooms: readonly RoomKey[]): Promise<void> {
    return this.ask(async () => {
      this.subscriptions.add(this.wire.connection, rooms);
      await this.flush.done();
      this.subscriptions.assertTaken(rooms);
    });
  }

  unsubscribe(rooms: readonly RoomKey[]): Promise<void> {
    return this.ask(async () => {
      this.subscriptions.remove(rooms);
      await this.flush.done();
    });
  }

  publish(room: RoomKey, packet: Buffer, options: PublishOptions = {}): Promise<PublishReceipt> {
    return this.ask(async () => {
      if (options.history) throw unavailable('history needs its option jetStream', 'refused');
      this.send(this.parts.names.live(room), packet);
      await this.flush.done();
      return {};
    });
  }

  /** What was asked for before is done first. */
  async close(): Promise<void> {
    if (this.isClosed) return;
    this.isClosed = true;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, CLOSE_PATIENCE).unref();
    });
    await Promise.race([Promise.allSettled(this.underWay), late]);
    clearTimeout(timer);
    this.subscriptions.clear();
    await this.wire.close();
  }

  private send(subject: string, packet: Buffer): void {
    const { connection } = this.wire;
    const limit = connection.info?.max_payload ?? Infinity;
    if (packet.length > limit) throw unavailable(tooLarge(packet.length, limit), 'refused');
    connection.publish(subject, packet);
  }

  /** In the order of the calls. */
  private ask<T>(work: () => Promise<T>): Promise<T> {
    if (this.isClosed) return Promise.reject(unavailable('this link is closed', 'refused'));
    const answer = work().catch((error: unknown) => {
      throw failureOf(error);
    });
    this.underWay.add(answer);
    const done = (): void => void this.underWay.delete(answer);
    answer.then(done, done);
    return answer;
  }

  private take(room: RoomKey, { data }: Msg): void {
    this.tell(() => this.parts.events.onPacket(room, bufferOf(data)));
  }

  private tell(event: () => void): void {
    if (this.isClosed) return;
    try {
      event();
    } catch (error) {
      this.onFault(error);
    }
  }

  private onFault(error: unknown): void {
    this.faults.add(() => `The application failed at what it was told: ${messageOf(error)}`);
  }
}

const tooLarge = (bytes: number, limit: number): string =>
  `a packet of ${bytes} bytes is more than the ${limit} that the server takes: raise its max_payload, or lower maxMessage`;

/** A copy: the transport's own bytes are a part of all that came with them. */
const bufferOf = (data: Uint8Array): Buffer => Buffer.from(data);
